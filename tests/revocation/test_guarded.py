"""A store behind a breaker keeps the whole contract, and hands each call on."""

from __future__ import annotations

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.revocation.breaker import Breaker
from cookie_sessions.revocation.guarded import GuardedStore
from cookie_sessions.stores import MemoryStore
from cookie_sessions.stores.entry import checked_name


def guarded(store: MemoryStore) -> GuardedStore:
    return GuardedStore(store, Breaker("The list", None))


def test_what_one_does_the_other_has_done() -> None:
    store = MemoryStore()
    guard = guarded(store)
    later = clock.now() + 60
    assert guard.add("a", b"1", ends=later)
    assert guard.replace("a", b"2", expected=b"1", ends=later)
    guard.put_many({"b": b"3"}, ends=later)
    assert guard.extend(["a", "b"], ends=later + 60) == {"a", "b"}
    guard.shorten(["b"], ends=1)
    assert store.get_many(["a", "b"]) == {"a": b"2"}
    assert guard.sweep() == store.sweep() == 0
    assert [name for page in guard.scan("") for name in page] == ["a"]
    guard.delete(["a"])
    assert guard.get("a") is None
    guard.close()


def test_a_store_that_fails_is_unavailable_through_it() -> None:
    class Gone(MemoryStore):
        def shorten(self, names: object, *, ends: float) -> None:
            raise Unavailable("gone")

        def sweep(self) -> int:
            raise Unavailable("gone")

    guard = guarded(Gone())
    assert checked_name("a")
    for call in (lambda: guard.shorten(["a"], ends=1), guard.sweep):
        with pytest.raises(Unavailable):
            call()
