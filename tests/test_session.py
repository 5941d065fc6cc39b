"""The session is lazy, and exact about what was changed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cookie_sessions.errors import UsageError
from cookie_sessions.session import Session
from tests.codec.sameness import same
from tests.plain import START, Site

CART: list[dict[str, Any]] = [{"sku": "A-1", "qty": 2, "price": Decimal("9.90")}]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def stored(site: Site, text: str) -> dict[Any, Any]:
    return dict(site.arrive(text))


def test_nothing_is_opened_before_the_first_use(site: Site) -> None:
    session = site.arrive(site.store(a=1))
    assert repr(session) == "<Session not opened>"
    assert not session._is_open
    assert not session.accessed
    assert site.codec.opened == 0
    assert session["a"] == 1
    assert session._is_open
    assert session.accessed
    assert dict(session) == {"a": 1}
    assert site.codec.opened == 1


@pytest.mark.parametrize(
    "use",
    [len, bool, list, repr, dict, lambda s: "a" in s, lambda s: s.get("a"), lambda s: s == {}],
    ids=["len", "bool", "iter", "repr", "dict", "in", "get", "equal"],
)
def test_every_look_but_a_repr_is_a_use(site: Site, use: Any) -> None:
    session = site.arrive(site.store(a=1))
    use(session)
    assert session.accessed is (use is not repr)


def test_a_value_is_unpacked_when_it_is_read_and_once(site: Site) -> None:
    text = site.store(n=7, cart=CART, when=datetime(2030, 1, 1, tzinfo=UTC), other=[1, 2])
    session = site.arrive(text)
    assert session["n"] == 7
    assert "n" in session
    assert site.codec.unpacked == []
    assert session["cart"] is session["cart"] is session.get("cart")
    assert len(site.codec.unpacked) == 1
    assert site.respond(session) == []
    assert len(site.codec.unpacked) == 1


def test_a_refresh_copies_the_packed_values_without_unpacking_any(site: Site) -> None:
    text = site.store(_permanent=True, cart=CART, other=[1, 2])
    site.now += 100
    session = site.arrive(text)
    assert session.permanent
    site.codec.packed.clear()
    (line,) = site.respond(session)
    again = line.partition(";")[0].partition("=")[2]
    assert site.codec.unpacked == []
    assert site.codec.packed == []
    before, after = site.open(text), site.open(again)
    assert before[before[0] + 1 :] == after[after[0] + 1 :]
    assert session._own_claims.iat == int(START)
    assert stored(site, again) == {"_permanent": True, "cart": CART, "other": [1, 2]}


def test_a_write_packs_again_only_what_was_handed_out(site: Site) -> None:
    text = site.store(cart=CART, other=[1, 2], when=datetime(2030, 1, 1, tzinfo=UTC), n=1)
    session = site.arrive(text)
    session["n"] = 2
    assert session["when"]
    session["cart"].append("more")
    site.codec.packed.clear()
    again = site.write(session)
    # A date can't change within, so it is not packed again; "other" was never looked at, and a
    # number stands in the payload as it is.
    assert set(site.codec.packed) == {"cart"}
    assert stored(site, again)["cart"] == [*CART, "more"]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["cart"].append(1),
        lambda s: s["cart"][0].update(qty=3),
        lambda s: s["cart"][0].pop("qty"),
        lambda s: s["pair"][0].append(1),
        lambda s: s["tags"].add("new"),
        lambda s: s.setdefault("cart", []).clear(),
        lambda s: next(iter(s.values())).append(1),
        lambda s: s.copy()["cart"].append(1),
    ],
)
def test_a_change_within_a_value_is_seen_without_being_told(site: Site, change: Any) -> None:
    values: dict[str, Any] = copy.deepcopy({"cart": CART, "pair": ([0], 1), "tags": {"a"}})
    text = site.store(**copy.deepcopy(values))
    session = site.arrive(text)
    change(values)
    change(session)
    assert session.modified
    assert same(stored(site, site.write(session)), values)


def test_a_change_that_is_taken_back_is_none(site: Site) -> None:
    session = site.arrive(site.store(cart=CART))
    session["cart"].append(1)
    assert session.modified
    assert session["cart"].pop() == 1
    assert not session.modified
    assert site.respond(session) == []


@pytest.mark.parametrize(
    "read",
    [
        lambda s: list(s.items()),
        lambda s: [*s.values(), *s.keys(), *reversed(s)],
        dict,
        copy.deepcopy,
        lambda s: s == {"a": 1},
        lambda s: {**s} | s,
        lambda s: s.get("nothing", []).append(1),
        lambda s: s.pop("nothing", None),
        lambda s: s.setdefault("cart", None),
    ],
)
def test_reading_everything_writes_nothing(site: Site, read: Any) -> None:
    session = site.arrive(site.store(cart=CART, tags={"a"}, pair=([], 1)))
    read(session)
    assert not session.modified
    assert site.respond(session) == []


@pytest.mark.parametrize(
    "write",
    [
        lambda s: s.__setitem__("a", 1),
        lambda s: s.update(a=1),
        lambda s: s.update(),
        lambda s: s.__ior__({}),
        lambda s: s.__delitem__("b"),
        lambda s: s.pop("b"),
        lambda s: s.popitem(),
        lambda s: s.setdefault("c", 1),
        lambda s: s.clear(),
        lambda s: setattr(s, "permanent", False),
        lambda s: setattr(s, "modified", True),
        lambda s: s.regenerate(),
        lambda s: s.destroy(),
    ],
)
def test_writing_counts_as_a_change_even_of_the_same_value(site: Site, write: Any) -> None:
    session = site.arrive(site.store(a=1, b=2))
    assert not session.modified
    write(session)
    assert session.modified
    assert site.respond(session)


def test_modified_false_forgets_what_was_changed_and_not_what_follows(site: Site) -> None:
    text = site.store(cart=CART, n=1)
    session = site.arrive(text)
    session["n"] = 2
    session["cart"].append(1)
    session.modified = False
    assert not session.modified
    assert site.respond(session) == []

    session = site.arrive(text)
    session["cart"].append(1)
    session.modified = False
    session["cart"].append(2)
    assert session.modified
    assert stored(site, site.write(session)) == {"cart": [*CART, 1, 2], "n": 1}


@pytest.mark.parametrize("remove", [Session.__delitem__, Session.pop])
def test_what_was_removed_is_gone_however_it_is_asked_for(site: Site, remove: Any) -> None:
    session = site.arrive(site.store(cart=CART, note="n" * 40, n=1))
    assert session["cart"] == CART
    session["n"] = 2
    for name in ("cart", "note", "n"):
        remove(session, name)
        assert name not in session
        assert session.get(name) is None
        with pytest.raises(KeyError):
            session[name]
    assert dict(session) == {}


def test_modified_false_can_not_forget_what_can_not_be_packed(site: Site) -> None:
    session = site.arrive(site.store(n=1))
    session["m"] = object()
    session.modified = False
    with pytest.raises(UsageError, match=r'session\["m"\]'):
        site.respond(session)


def test_a_foreign_object_is_refused_at_commit_with_its_place_and_type(site: Site) -> None:
    text = site.store(cart=CART, n=1)
    session = site.arrive(text)
    session["n"] = 2
    session["cart"].append({"price": object()})
    other = site.arrive(text)
    other["cart"].append(object())
    assert session.modified
    assert other.modified
    with pytest.raises(UsageError, match=r'session\["cart"\]\[1\]\["price"\] .* type object'):
        site.respond(session)
