"""Which values move to the store, and what may never make a session fail."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions.errors import SessionTooLarge, Unavailable
from cookie_sessions.events import EventName
from cookie_sessions.overflow import Overflow, entry_octets
from tests.overflow.shop import Shop, noise


def test_what_does_not_fit_goes_to_the_store_the_largest_first(shop: Shop) -> None:
    values = {"small": noise(100), "large": noise(3000), "middle": noise(1500), "user": noise(900)}
    text = shop.store(**values)
    assert list(shop.references(text)) == ["large"]
    text = shop.store(**(values | {"other": noise(1400)}))
    assert sorted(shop.references(text)) == ["large", "middle"]
    assert dict(shop.arrive(text)) == values | {"other": noise(1400)}


def test_what_fits_stays_in_the_cookie_and_asks_nobody(shop: Shop) -> None:
    text = shop.store(large=noise(2000), user="Ada")
    assert shop.arrive(text)["large"] == noise(2000)
    assert shop.references(text) == {}
    assert shop.entries.calls == []


def test_hot_values_never_move(shop: Shop) -> None:
    with pytest.raises(SessionTooLarge) as caught:
        shop.store(user=noise(4000), n=1)
    assert [name for name, _ in caught.value.by_key] == ["user", "n"]
    assert shop.entries.names == []
    with pytest.raises(SessionTooLarge):
        shop.store(user=noise(4000), large=noise(4000))
    assert shop.entries.names == []


def test_what_is_still_too_large_is_told_as_the_cookie_would_hold_it(shop: Shop) -> None:
    with pytest.raises(SessionTooLarge) as caught:
        shop.store(large=noise(3900), user=noise(3800), basket=noise(2000))
    error = caught.value
    assert error.by_key[0][0] == "user"
    assert sum(octets for _, octets in error.by_key) < error.octets
    assert "COOKIE_SESSIONS_OVERFLOW" not in str(error)


def test_cold_values_always_move_however_small(shop: Shop) -> None:
    text = shop.store(basket=None, user="Ada")
    assert list(shop.references(text)) == ["basket"]
    assert dict(shop.arrive(text)) == {"basket": None, "user": "Ada"}


def test_values_that_save_nothing_stay(shop: Shop) -> None:
    with pytest.raises(SessionTooLarge):
        shop.store(**{f"key {number}": noise(80, number) for number in range(40)})
    assert shop.entries.names == []


def test_a_session_keeps_no_more_in_the_store_than_its_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(monkeypatch, overflow_octets=5000)
    sealed = 5000 - (entry_octets(noise(100)) - 100) - 24 - 16

    def store(octets: int) -> None:
        shop.codec._secret_names = frozenset({"basket"})
        shop.store(basket=noise(octets))

    fits = max(octets for octets in range(sealed - 20, sealed + 1) if fits_in(store, octets))
    assert len(shop.entries._entries[shop.entries.names[-1]].value) <= 5000
    with pytest.raises(SessionTooLarge, match="COOKIE_SESSIONS_OVERFLOW_OCTETS") as caught:
        store(fits + 1)
    assert (caught.value.octets, caught.value.limit) == (5001, 5000)
    text = shop.store(basket=noise(3000))
    session = shop.arrive(text)
    session["more"] = noise(4900)
    with pytest.raises(SessionTooLarge) as caught:
        shop.write(session)
    assert caught.value.limit == 5000
    assert [name for name, _ in caught.value.by_key] == ["more", "basket"]
    assert sum(octets for _, octets in caught.value.by_key) == caught.value.octets
    session = shop.arrive(text)
    session["more"] = noise(2900)
    with pytest.raises(SessionTooLarge) as caught:
        shop.write(session)
    assert [name for name, _ in caught.value.by_key] == ["basket", "more"]


def fits_in(store: Any, octets: int) -> bool:
    try:
        store(octets)
    except SessionTooLarge:
        return False
    return True


def test_a_value_longer_than_the_store_takes_is_too_large(shop: Shop) -> None:
    shop.entries.max_octets = 1000
    before = shop.entries.names
    with pytest.raises(SessionTooLarge) as caught:
        shop.store(basket=noise(1000))
    assert caught.value.limit == 1000
    assert shop.entries.names == before


def test_nothing_is_put_for_a_session_that_is_not_written(shop: Shop) -> None:
    with pytest.raises(SessionTooLarge):
        shop.store(basket=["x"], user=noise(4000))
    assert shop.entries.names == []
    assert "put" not in shop.entries.calls


def test_a_value_is_in_the_store_before_its_cookie_is_there(shop: Shop) -> None:
    shop.entries.reachable = False
    session = shop.arrive()
    session.update(basket=["x"], user="Ada")
    with pytest.raises(Unavailable):
        shop.respond(session)
    assert shop.entries.calls == ["put"]


def crowd(octets: int) -> str:
    return "; ".join(f"other{at}={'x' * 1000}" for at in range(octets // 1010))


def test_the_cookies_of_others_move_values_to_the_store(shop: Shop) -> None:
    session = shop.arrive_with(crowd(6500))
    session.update(large=noise(1800), user="Ada")
    text = shop.write(session)
    assert list(shop.references(text)) == ["large"]
    assert EventName.CROWDED not in shop.names


@pytest.mark.parametrize("octets", [6500, 30_000])
def test_the_cookies_of_others_are_never_an_error(shop: Shop, octets: int) -> None:
    def written(values: dict[str, Any]) -> str:
        session = shop.arrive_with(crowd(octets))
        session.update(values)
        return shop.write(session)

    hot = {"user": noise(2000)}
    text = written(hot)
    assert shop.names == [EventName.CROWDED, EventName.CREATED]
    assert shop.references(text) == {}
    # A store that is down, or a bound that is reached, is not what the visitor is refused for.
    shop.entries.reachable = False
    assert dict(shop.arrive(written({"large": noise(2000)}))) == {"large": noise(2000)}
    shop.entries.reachable = True
    shop.manager.overflow = Overflow(shop.entries, events=shop.manager.events, max_octets=100)
    assert dict(shop.arrive(written({"large": noise(2000)}))) == {"large": noise(2000)}
    if octets > 8000:
        assert shop.entries.names == []
