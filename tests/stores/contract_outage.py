"""The part of the contract that is about stores that fail or are full."""

from __future__ import annotations

import pytest

from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.store import ExpiringStore

from .backend import Fillable, Parts, Server
from .calls import (
    SECRET,
    an_hour,
    assert_all_unavailable,
    assert_no_secret,
    assert_works_again,
    put_one_by_one,
    put_ten_thousand,
)


class OutageContract(Parts):
    """What a store does whose server stops, hangs and comes back."""

    def test_a_stopped_server_is_unavailable_and_comes_back(
        self, backend: Server, store: ExpiringStore, own: str
    ) -> None:
        store.put(own, b"before", ends=an_hour())
        backend.stop()
        try:
            assert_all_unavailable(store, own)
        finally:
            backend.start()
        assert_works_again(store, own)

    def test_a_server_that_restarted_unseen_is_used_again(
        self, backend: Server, store: ExpiringStore, own: str
    ) -> None:
        store.put(own, b"before", ends=an_hour())
        backend.stop()
        backend.start()
        assert_works_again(store, own)

    def test_a_server_that_hangs_is_unavailable_and_comes_back(
        self, backend: Server, store: ExpiringStore, own: str
    ) -> None:
        store.put(own, b"before", ends=an_hour())
        backend.pause()
        try:
            assert_all_unavailable(store, own)
            fresh = backend.open()
            assert_all_unavailable(fresh, own)
        finally:
            backend.resume()
        assert_works_again(store, own)
        assert_works_again(fresh, own + "fresh")
        fresh.close()


class FullContract(Parts):
    """What a store does that has no room left, and does not evict."""

    def test_a_full_store_is_unavailable_and_keeps_what_it_has(
        self, backend: Fillable, own: str
    ) -> None:
        value = SECRET.ljust(100, b".")
        with backend.full() as store:
            store.put(own + "first", value, ends=an_hour())
            with pytest.raises(Unavailable) as full:
                put_ten_thousand(store, own, value)
            assert store.name in str(full.value)
            assert_no_secret(full.value)
            assert store.get(own + "first") == value
            assert store.get(own + "0.0") == value
            # What is too much together may find room one by one, so these fill what is left.
            with pytest.raises(Unavailable):
                put_one_by_one(store, own, value * 50)
            for _ in range(3):
                with pytest.raises(Unavailable):
                    store.add(own + "one-more", value * 50, ends=an_hour())
        store.put(own + "one-more", value, ends=an_hour())
        assert store.get_many([own + "first", own + "one-more"]) == {
            own + "first": value,
            own + "one-more": value,
        }
