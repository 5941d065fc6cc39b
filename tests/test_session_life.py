"""A session's id, its beginning and its end; writes that come too late; keys that don't answer."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cookie_sessions.errors import Unavailable, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.intent import NOTHING
from tests.plain import START, Site

CART: list[dict[str, Any]] = [{"sku": "A-1", "qty": 2, "price": Decimal("9.90")}]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch, strict=True)


def test_a_new_session_begins_now_under_a_fresh_id(site: Site) -> None:
    session = site.arrive()
    assert session.new
    assert session.created_at == datetime.fromtimestamp(int(START), UTC)
    assert len(session.sid) == 32
    assert session.sid == session.sid != site.arrive().sid
    session["a"] = 1
    site.now += 50
    again = site.arrive(site.write(session))
    assert not again.new
    assert again.sid == session.sid
    assert again.created_at == session.created_at


def test_regenerate_changes_the_id_and_nothing_else(site: Site) -> None:
    text = site.store(cart=CART, n=1)
    before = site.arrive(text)
    site.now += 50
    session = site.arrive(text)
    session.regenerate()
    assert session.modified
    after = site.arrive(site.write(session))
    assert after.sid == session.sid != before.sid
    assert after.created_at == before.created_at
    assert after._own_claims.since == before._own_claims.since
    assert dict(after) == {"cart": CART, "n": 1}
    assert EventName.REGENERATED in site.names


def test_regenerating_an_empty_session_sets_no_cookie(site: Site) -> None:
    session = site.arrive()
    planted = session.sid
    session.regenerate()
    assert session.sid != planted
    assert not session.modified
    assert site.respond(session) == []


def test_destroy_ends_the_session_and_what_is_stored_next_is_a_new_one(site: Site) -> None:
    text = site.store(a=1)
    session = site.arrive(text)
    old = session.sid
    site.now += 50
    session.destroy()
    assert session.new
    assert dict(session) == {}
    assert EventName.DESTROYED in site.names
    session["b"] = 2
    after = site.arrive(site.write(session))
    assert after.sid == session.sid != old
    assert after.created_at == datetime.fromtimestamp(int(site.now), UTC)
    assert dict(after) == {"b": 2}


def test_destroy_alone_deletes_the_cookie(site: Site) -> None:
    session = site.arrive(site.store(a=1))
    session.destroy()
    (line,) = site.respond(session)
    assert line.startswith("session=; Expires=Thu, 01 Jan 1970")


def test_permanent_is_a_value_of_the_session(site: Site) -> None:
    session = site.arrive()
    assert session.permanent is False
    session.permanent = 1  # type: ignore[assignment]
    assert session["_permanent"] is True
    assert site.arrive(site.write(session)).permanent is True


def test_a_write_after_the_commit_is_lost_with_an_event_that_says_where(site: Site) -> None:
    session = site.arrive(site.store(a=1))
    site.respond(session)
    before = len(site.happened)
    session["a"] = 2
    session.clear()
    lost = site.happened[before:]
    assert {event.name for event in lost} == {EventName.WRITE_LOST}
    assert all(str(event.details["place"]).startswith(__file__) for event in lost)
    assert dict(session) == {}


def test_what_nobody_has_asked_for_is_no_place_to_ask_something() -> None:
    with pytest.raises(AttributeError, match="ask for an intent first"):
        NOTHING.signs_in = True
    assert not NOTHING.signs_in


@pytest.mark.parametrize(
    "write",
    [
        lambda s: s.__setitem__("a", 1),
        lambda s: s.update(a=1),
        lambda s: s.__delitem__("b"),
        lambda s: s.clear(),
        lambda s: s.regenerate(),
        lambda s: s.destroy(),
    ],
)
def test_a_strict_site_raises_for_a_write_after_the_commit(strict: Site, write: Any) -> None:
    session = strict.arrive(strict.store(a=1, b=2))
    strict.respond(session)
    with pytest.raises(UsageError, match="after its response had been made"):
        write(session)
    assert strict.names.count(EventName.WRITE_LOST) == 1


def test_without_keys_the_first_use_raises_and_then_the_session_is_empty(site: Site) -> None:
    text = site.store(a=1)
    site.keys = None
    before = len(site.happened)
    session = site.arrive(text)
    with pytest.raises(Unavailable):
        session.get("a")
    assert session._unavailable
    assert dict(session) == {}
    assert "a" not in session
    session["a"] = 2
    session.update(b=3, c=4)
    session.clear()
    session.permanent = True
    session.regenerate()
    session.destroy()
    assert session.setdefault("d", 5) in (None, 5)
    assert dict(session) == {}
    assert [event.name for event in site.happened[before:]] == [
        EventName.UNAVAILABLE,
        EventName.WRITE_IGNORED,
    ]
