"""How long entries live: as long as their session, and a grace."""

from __future__ import annotations

import pytest

from cookie_sessions import clock
from cookie_sessions.crypto import entry_name
from cookie_sessions.errors import Unavailable
from cookie_sessions.events import EventName
from cookie_sessions.overflow import GRACE_SECONDS
from cookie_sessions.policy import Timeouts
from cookie_sessions.stores.entry import MAX_END
from tests.overflow.shop import Shop, ends_of, lost, noise
from tests.plain import HOUR


def test_entries_outlive_their_session(shop: Shop, text: str) -> None:
    claims = shop.arrive(text)._own_claims
    (end,) = ends_of(shop).values()
    assert end >= claims.until + clock.SKEW
    assert end <= claims.until + HOUR
    assert shop.references(text)["basket"].ends == end


def test_a_refresh_first_has_its_entries_live_as_long(shop: Shop) -> None:
    text = shop.store(basket=["x"], user="Ada", _permanent=True)
    for _ in range(10):
        shop.now += HOUR - 60
        session = shop.arrive(text)
        assert session["user"] == "Ada"
        assert not session.modified
        text = shop.write(session)
        claims = shop.arrive(text)._own_claims
        (end,) = ends_of(shop).values()
        assert end >= claims.until + clock.SKEW
        assert claims.until + clock.SKEW <= shop.references(text)["basket"].ends <= end
    assert shop.arrive(text)["basket"] == ["x"]
    shop.entries.reachable = False
    session = shop.arrive(text)
    assert session.permanent
    with pytest.raises(Unavailable):
        shop.respond(session)


def test_a_write_of_something_else_leaves_the_entry_and_has_it_live_on(
    shop: Shop, text: str
) -> None:
    before = shop.references(text)["basket"]
    shop.entries.calls.clear()
    session = shop.arrive(text)
    session["n"] = 1
    text = shop.write(session)
    assert shop.references(text)["basket"].seed == before.seed
    assert shop.entries.calls == ["extend"]


def test_a_rewritten_value_is_a_new_entry_and_the_old_one_has_a_grace(
    shop: Shop, text: str
) -> None:
    session = shop.arrive(text)
    session["basket"].append("y")
    new = shop.write(session)
    old_name, new_name = (entry_name(shop.references(each)["basket"].seed) for each in (text, new))
    assert old_name != new_name
    assert ends_of(shop)[old_name] in (
        int(shop.now) + GRACE_SECONDS,
        int(shop.now) + GRACE_SECONDS + 1,
    )
    # A request on its way, or a response that never arrived, still finds what it knew.
    assert shop.arrive(text)["basket"] == ["x"]
    assert shop.arrive(new)["basket"] == ["x", "y"]
    shop.now += GRACE_SECONDS + 2
    assert lost(shop, text)
    assert shop.arrive(new)["basket"] == ["x", "y"]


def test_a_value_that_is_deleted_or_put_into_the_cookie_again_leaves_the_store(
    shop: Shop,
) -> None:
    text = shop.store(large=noise(5000), user="Ada")
    session = shop.arrive(text)
    del session["large"]
    shop.write(session)
    session = shop.arrive(text)
    session["large"] = "short"
    text = shop.write(session)
    assert shop.references(text) == {}
    shop.now += GRACE_SECONDS + 2
    assert shop.entries.names == []
    assert shop.arrive(text)["large"] == "short"


def test_a_slower_request_that_wins_keeps_the_entry_that_a_faster_one_replaced(
    shop: Shop, text: str
) -> None:
    slow, fast = shop.arrive(text), shop.arrive(text)
    fast["basket"].append("y")
    shop.write(fast)
    slow["n"] = 1
    text = shop.write(slow)
    shop.now += GRACE_SECONDS + 2
    assert dict(shop.arrive(text)) == {"basket": ["x"], "user": "Ada", "n": 1}


def test_destroying_deletes_at_once(shop: Shop, text: str) -> None:
    session = shop.arrive(text)
    session.destroy()
    shop.respond(session)
    assert shop.entries.names == []
    assert lost(shop, text)


def test_destroying_and_going_on_deletes_what_there_was_and_keeps_what_is_new(shop: Shop) -> None:
    text = shop.store(basket=["x"])
    session = shop.arrive(text)
    session.destroy()
    session["basket"] = ["new"]
    new = shop.write(session)
    assert shop.arrive(new)["basket"] == ["new"]
    assert len(shop.entries.names) == 1


def test_clearing_gives_a_grace(shop: Shop, text: str) -> None:
    session = shop.arrive(text)
    session.clear()
    assert shop.respond(session) != []
    assert shop.arrive(text)["basket"] == ["x"]
    shop.now += GRACE_SECONDS + 2
    assert shop.entries.names == []


def test_a_new_id_leaves_entries_alone(shop: Shop, text: str) -> None:
    session = shop.arrive(text)
    session.regenerate()
    new = shop.write(session)
    assert shop.references(new)["basket"].seed == shop.references(text)["basket"].seed
    shop.now += GRACE_SECONDS + 2
    assert shop.arrive(new)["basket"] == ["x"]


def test_what_can_not_be_let_go_is_an_event_and_no_error(shop: Shop, text: str) -> None:
    session = shop.arrive(text)
    assert session["user"] == "Ada"
    session.destroy()
    shop.entries.reachable = False
    assert shop.respond(session)[0].startswith("session=;")
    assert shop.names[-1] is EventName.UNAVAILABLE


def test_ends_that_no_store_can_keep_are_cut(shop: Shop) -> None:
    shop.timeouts = Timeouts(idle=HOUR * 24 * 365 * 150)
    text = shop.store(basket=["x"], user="Ada", _permanent=True)
    assert list(ends_of(shop).values()) == [MAX_END]
    session = shop.arrive(text)
    assert session["basket"] == ["x"]
    text = shop.write(session)
    assert shop.arrive(text)["basket"] == ["x"]


def test_a_change_that_was_forgotten_leaves_its_entry_alone(shop: Shop) -> None:
    text = shop.store(basket=["x"], user="Ada", _permanent=True)
    shop.now += 600
    session = shop.arrive(text)
    session["basket"].append("y")
    session.modified = False
    text = shop.write(session)
    shop.now += GRACE_SECONDS + 1
    assert shop.arrive(text)["basket"] == ["x"]


def test_a_change_that_was_forgotten_is_not_sealed_where_a_reference_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(monkeypatch, cold=["basket", "other"])
    text = shop.store(basket=["x"], other=["o"], near=[1], _permanent=True)
    shop.now += HOUR - 60
    session = shop.arrive(text)
    session["near"].append(2)
    session["other"].append("p")
    session.modified = False
    text = shop.write(session)
    assert dict(shop.arrive(text)) == {
        "basket": ["x"],
        "other": ["o"],
        "near": [1],
        "_permanent": True,
    }
