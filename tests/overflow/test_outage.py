"""A store that does not answer: near values are read, far ones are unavailable once."""

from __future__ import annotations

import pytest

from cookie_sessions.errors import Unavailable
from cookie_sessions.events import EventName
from cookie_sessions.session import Session
from tests.keys.secrecy import recorded
from tests.overflow.shop import CANARY, Shop


def test_without_the_store_hot_values_are_read_and_a_cold_one_is_unavailable_once(
    shop: Shop, text: str
) -> None:
    shop.entries.reachable = False
    shop.happened.clear()
    session = shop.arrive(text)
    assert session["user"] == "Ada"
    assert "user" in session
    assert session
    assert shop.names == []
    with pytest.raises(Unavailable):
        session["basket"]
    assert dict(session) == {}
    assert not session
    session["n"] = 1
    assert shop.names == [EventName.UNAVAILABLE, EventName.WRITE_IGNORED]


def test_truth_and_length_are_unavailable_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(monkeypatch, cold=["a", "b"])
    text = shop.store(a=[1], b=[2])
    shop.entries.reachable = False
    for use in (bool, len, list, dict):
        session = shop.arrive(text)
        with pytest.raises(Unavailable):
            use(session)
        assert not use(session)


def test_refreshes_leave_a_store_alone_that_has_just_not_answered(shop: Shop) -> None:
    text = shop.store(basket=["biscuit"], user="Ada", _permanent=True)

    def refresh() -> None:
        session = shop.arrive(text)
        assert session["user"] == "Ada"
        shop.write(session)

    def calls_of_a_refresh() -> list[str]:
        shop.entries.calls.clear()
        with pytest.raises(Unavailable):
            refresh()
        return shop.entries.calls

    shop.entries.reachable = False
    assert calls_of_a_refresh() == ["extend"]
    assert calls_of_a_refresh() == []
    session = shop.arrive(text)
    session["n"] = 1
    with pytest.raises(Unavailable):
        shop.write(session)
    assert shop.entries.calls == ["extend"]
    shop.now -= 100
    assert calls_of_a_refresh() == ["extend"]
    shop.now += 106
    shop.entries.reachable = True
    refresh()


def test_an_error_at_the_store_leaves_no_data_and_no_reference_in_frames(
    remembering: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(monkeypatch, cold=["a", "b"], cache_octets=100_000)
    text = shop.store(a=[CANARY], b=[CANARY], user=CANARY)
    assert shop.arrive(text)["a"] == [CANARY]
    seeds = [reference.seed for reference in shop.references(text).values()]

    class Broken(Session):
        def ask(self) -> None:
            dict(self)

    shop.entries.reachable = False
    session = shop.manager.load(
        shop.manager.arrival(f"session={text}", name="session"), session_class=Broken
    )
    with pytest.raises(Unavailable) as caught:
        session.ask()
    check_frames(caught.value, seeds)
    shop.entries.reachable = True
    shop.entries.delete(shop.entries.names)
    session = shop.manager.load(
        shop.manager.arrival(f"session={text}", name="session"), session_class=Broken
    )
    with pytest.raises(KeyError) as missing:
        session["b"]
    check_frames(missing.value, seeds)


def check_frames(error: BaseException, seeds: list[bytes]) -> None:
    text = recorded(error)
    assert CANARY not in text
    assert error.__context__ is None or error.__suppress_context__
    for seed in seeds:
        assert repr(seed)[2:-1][:20] not in text
        assert seed.hex() not in text


@pytest.mark.parametrize("within", [True, False])
def test_what_was_written_before_the_store_failed_is_lost_with_one_event(
    monkeypatch: pytest.MonkeyPatch, within: bool
) -> None:
    shop = Shop(monkeypatch)
    text = shop.store(basket=["x"], user="Ada", near=[1])
    shop.entries.reachable = False
    shop.happened.clear()
    session = shop.arrive(text)
    if within:
        session["near"].append(2)
    else:
        session["n"] = 1
    with pytest.raises(Unavailable):
        session["basket"]
    session["n"] = 2
    assert shop.names == [EventName.UNAVAILABLE, EventName.WRITE_IGNORED]
