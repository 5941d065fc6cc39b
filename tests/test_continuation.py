"""The short way of a session that goes on writes what the long way writes, or leaves it to that."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cookie_sessions.arrival import Arrival
from cookie_sessions.client import Client
from cookie_sessions.commit import Commit
from cookie_sessions.continuation import continuation
from cookie_sessions.cookies import LIMIT, NOTHING_SEEN, LineLimit, Surroundings
from cookie_sessions.events import EventName
from cookie_sessions.keys import KeyRing
from cookie_sessions.policy import Timeouts
from cookie_sessions.session import Session
from tests.plain import HOUR, Site, key

VALUES: dict[str, Any] = {
    "_user_id": "7",
    "cart": [{"sku": "a", "qty": 1}],
    "when": datetime(2030, 1, 2, tzinfo=UTC),
    "note": "short",
}
ENDS = (None, 1_900_000_000)


def _read(session: Session) -> None:
    session.get("note")


def _change(session: Session) -> None:
    session["note"] = "another, and rather longer, note"


def _within(session: Session) -> None:
    session["cart"].append({"sku": "b", "qty": 2})


def _drop(session: Session) -> None:
    del session["when"]


def _same_user(session: Session) -> None:
    session["_user_id"] = "".join("7")


def _lasting(session: Session) -> None:
    session.permanent = True


ACTIONS: list[Callable[[Session], None]] = [*(_read, _change, _within, _drop, _same_user, _lasting)]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return _still(Site(monkeypatch), monkeypatch)


def _still(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    # Both ways are to draw the same octets, so that all that they write can be compared.
    monkeypatch.setattr("os.urandom", lambda count: b"n" * count)
    return site


def short(site: Site, session: Session, **others: Any) -> str | None:
    given: dict[str, Any] = {"expires": None, "renew": True, "surroundings": NOTHING_SEEN}
    return continuation(site.manager, session, cookie=site.cookie, **{**given, **others})


def long(site: Site, session: Session, *, expires: int | None, renew: bool) -> list[str]:
    return Commit(site.manager, session, site.cookie, NOTHING_SEEN).lines(
        expires=expires, renew=renew
    )


@pytest.mark.parametrize("renew", [True, False])
@pytest.mark.parametrize("expires", ENDS)
@pytest.mark.parametrize("timeouts", [Timeouts(HOUR), Timeouts(HOUR, 2 * HOUR, all_slide=True)])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(actions=st.lists(st.sampled_from(ACTIONS), max_size=4), permanent=st.booleans())
def test_both_ways_write_the_same_line(
    site: Site,
    actions: list[Callable[[Session], None]],
    permanent: bool,
    renew: bool,
    expires: int | None,
    timeouts: Timeouts,
) -> None:
    site.timeouts = timeouts
    values = {**copy.deepcopy(VALUES), **({"_permanent": True} if permanent else {})}
    text = site.store(**values)
    site.now += 100
    sessions = [site.arrive(text), site.arrive(text)]
    for session in sessions:
        session.get("note")
        for action in actions:
            try:
                action(session)
            except KeyError:
                continue
    line = short(site, sessions[0], renew=renew, expires=expires)
    assert line is not None
    assert [line] == long(site, sessions[1], renew=renew, expires=expires)


def test_both_ways_bind_to_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    site = _still(Site(monkeypatch, binding="standard"), monkeypatch)
    browser = Client(user_agent="Mozilla/5.0 Firefox/140.0", accept_language="de")
    newer = browser._replace(user_agent="Mozilla/5.0 Firefox/141.0")

    def arrive(text: str, client: Client) -> Session:
        header = f"session={text}" if text else ""
        arrival = site.manager.arrival(header, name="session", client=lambda: client)
        session = site.manager.load(arrival, session_class=Session)
        session.get("a")
        return session

    first = arrive("", browser)
    first["a"] = 1
    text = site.write(first)
    one, other = arrive(text, newer), arrive(text, newer)
    line = short(site, one)
    assert line is not None
    assert [line] == long(site, other, expires=None, renew=True)
    bindings = site.arrive(line.partition("=")[2].partition(";")[0])._own_claims.bindings
    assert bindings
    assert bindings != one._own_claims.bindings
    stranger = arrive(text, Client(user_agent="curl/8", accept_language="", address="1.2.3.4"))
    assert short(site, stranger) is None


def test_it_is_told_as_on_the_long_way(site: Site) -> None:
    told: list[tuple[EventName, tuple[str, ...], Any]] = []
    site.manager.events.subscribe(
        lambda event: told.append(
            (event.name, tuple(event.details), (event.details["octets"], event.details["kid"]))
        ),
        names=(EventName.WRITTEN, EventName.REFRESHED),
    )
    text = site.store(**copy.deepcopy(VALUES))
    for action in (_read, _change):
        sessions = [site.arrive(text), site.arrive(text)]
        for session in sessions:
            action(session)
        told.clear()
        assert short(site, sessions[0]) is not None
        assert long(site, sessions[1], expires=None, renew=True)
        assert told[0] == told[1]
        assert told[0][0] is (EventName.REFRESHED if action is _read else EventName.WRITTEN)


def _another_user(session: Session) -> None:
    session["_user_id"] = 7


def _subject(session: Session) -> None:
    session.subject = "somebody"


def _proof(session: Session) -> None:
    session.mark_authenticated()


def _regenerated(session: Session) -> None:
    session.regenerate()


@pytest.mark.parametrize("action", [_another_user, _subject, _proof, _regenerated])
def test_a_session_of_which_more_was_asked_is_left_to_the_long_way(
    site: Site, action: Callable[[Session], None]
) -> None:
    session = site.arrive(site.store(**copy.deepcopy(VALUES)))
    action(session)
    assert short(site, session) is None


def test_a_new_session_is_left_to_the_long_way(site: Site) -> None:
    session = site.arrive()
    session["a"] = 1
    assert short(site, session) is None


def test_what_did_not_come_as_one_cookie_is_left_to_the_long_way(site: Site) -> None:
    text = site.store(a=1)
    other = site.store(a=2)
    for header in (
        f"session={text}; session.1=~1",
        f"session={text}; session={other[:-1]}",
        f"session={text}; session=junk",
    ):
        session = site.arrive_with(header)
        session["a"] = 3
        assert short(site, session) is None, header


def test_a_session_under_a_former_name_or_key_is_left_to_the_long_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = _still(Site(monkeypatch, previous_names={"old": "2030-01-31"}), monkeypatch)
    now_named = site.cookie
    site.cookie = now_named.named("old")
    text = site.store(a=1)
    site.cookie = now_named
    moved = site.arrive(text, name="old")
    moved["a"] = 2
    assert short(site, moved) is None
    former = site.arrive(site.store(a=1))
    former["a"] = 2
    site.keys = KeyRing(key(2), key(1))
    assert short(site, former) is None


def test_what_may_break_a_limit_is_left_to_the_long_way(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = site.store(a=1)
    large = site.arrive(text)
    large["a"] = "".join(chr(0x100 + i * 7 % 3000) for i in range(LIMIT))
    assert short(site, large) is None
    for surroundings in (
        NOTHING_SEEN._replace(response=lambda: 3_800),
        NOTHING_SEEN._replace(lines=lambda: LineLimit(1)),
    ):
        session = site.arrive(text)
        session["a"] = 2
        assert short(site, session, surroundings=surroundings) is None
    crowd = site.arrive_with(f"others={'x' * 7_300}; session={text}")
    crowd["a"] = 2
    assert short(site, crowd) is None
    narrow = Site(monkeypatch, profile="lighttpd")
    session = narrow.arrive(narrow.store(a=1))
    session["a"] = 2
    assert short(narrow, session, surroundings=Surroundings(lambda: 8_000, int)) is None


def test_a_request_without_a_session_of_ours_is_not_the_short_ways(site: Site) -> None:
    session = site.arrive("junk")
    assert dict(session) == {}
    assert short(site, session) is None
    assert isinstance(session._origin, Arrival)
