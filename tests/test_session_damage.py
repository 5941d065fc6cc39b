"""A value that can't be unpacked here is absent, and is copied forward for those who can."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions.codec import Wire
from cookie_sessions.events import EventName
from cookie_sessions.session import Session
from tests.plain import BROKEN, Site


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def stored(site: Site, text: str) -> dict[Any, Any]:
    return dict(site.arrive(text))


def damaged(site: Site) -> str:
    """A cookie with three values, of which nobody can unpack the second."""
    wires: dict[Any, Wire] = {"first": 1, "broken": BROKEN, "last": "x"}
    return site.forge(site.payload(wires))


def test_a_damaged_value_is_absent_with_one_event(site: Site) -> None:
    session = site.arrive(damaged(site))
    assert session["first"] == 1
    assert EventName.VALUE_UNDECODABLE not in site.names
    assert "broken" not in session
    assert session.get("broken", 5) == 5
    with pytest.raises(KeyError):
        session["broken"]
    with pytest.raises(KeyError):
        del session["broken"]
    assert list(session) == ["first", "last"]
    assert (len(session), bool(session)) == (2, True)
    assert dict(session) == session == {"first": 1, "last": "x"}
    assert session.pop("broken", None) is None
    assert not session.modified
    assert site.names.count(EventName.VALUE_UNDECODABLE) == 1


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_damaged_value_is_copied_forward_untouched(site: Site, looked_at: bool) -> None:
    session = site.arrive(damaged(site))
    if looked_at:
        assert len(session) == 2
    session["first"] = 2
    _, wires = site.codec.load_payload(site.open(site.write(session)))
    assert wires == {"first": 2, "broken": BROKEN, "last": "x"}
    # It keeps its place until somebody looks at it; then it stands at the end.
    assert list(wires) == (["first", "last", "broken"] if looked_at else [*wires])


def test_a_damaged_value_can_be_replaced_and_cleared(site: Site) -> None:
    for looked_at in (False, True):
        session = site.arrive(damaged(site))
        if looked_at:
            assert "broken" not in session
        session["broken"] = [1]
        assert stored(site, site.write(session)) == {"first": 1, "broken": [1], "last": "x"}
        for wipe in (Session.clear, Session.destroy):
            session = site.arrive(damaged(site))
            if looked_at:
                assert "broken" not in session
            wipe(session)
            session["new"] = 1
            _, wires = site.codec.load_payload(site.open(site.write(session)))
            assert wires == {"new": 1}


def test_removing_all_that_can_be_read_keeps_what_can_not(site: Site) -> None:
    session = site.arrive(damaged(site))
    while session:
        session.popitem()
    assert len(session) == 0
    _, wires = site.codec.load_payload(site.open(site.write(session)))
    assert wires == {"broken": BROKEN}


def test_a_session_of_damaged_values_alone_is_empty(site: Site) -> None:
    session = site.arrive(site.forge(site.payload({"broken": BROKEN})))
    assert (len(session), bool(session), list(session)) == (0, False, [])
    with pytest.raises(KeyError):
        session.popitem()
    assert not session.new


def test_regenerating_a_session_of_damaged_values_alone_writes_the_new_id(site: Site) -> None:
    session = site.arrive(site.forge(site.payload({"broken": BROKEN})))
    assert not session
    former = session.sid
    session.regenerate()
    text = site.write(session)
    assert site.arrive(text).sid == session.sid != former
    _, wires = site.codec.load_payload(site.open(text))
    assert wires == {"broken": BROKEN}


def test_what_was_wrong_with_it_hangs_on_no_error(site: Site) -> None:
    session = site.arrive(damaged(site))
    with pytest.raises(KeyError) as caught:
        session["broken"]
    assert caught.value.args == ("broken",)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_owner_that_nobody_can_read_is_nobody_and_is_copied_forward(site: Site) -> None:
    session = site.arrive(site.forge(site.payload({"_user_id": BROKEN, "first": 1})))
    assert session.subject is None
    session.regenerate()
    session["first"] = 2
    _, wires = site.codec.load_payload(site.open(site.write(session)))
    assert wires == {"_user_id": BROKEN, "first": 2}
