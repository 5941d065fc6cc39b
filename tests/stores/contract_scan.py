"""The part of the contract that is about scans."""

from __future__ import annotations

import threading

import pytest

from cookie_sessions import clock
from cookie_sessions.stores.store import ExpiringStore

from .backend import Backend, Parts
from .calls import ODD_NAMES, an_hour, met, shown


class ScanContract(Parts):
    """What a store does whose ``scans`` is True."""

    def test_the_names_with_a_prefix_are_met_and_no_others(
        self, store: ExpiringStore, own: str
    ) -> None:
        assert store.scans
        ours = {own + "a_b" + mark for mark in ("", "1", "_", "-x", "z" * 50)}
        others = {own + mark for mark in ("a", "axb", "A_b", "a.b1", "b")} | {"x" + own + "a_b"}
        store.put_many(dict.fromkeys(ours | others, b""), ends=an_hour())
        assert met(store, own + "a_b") == ours
        assert met(store, own) >= ours | (others - {"x" + own + "a_b"})
        assert met(store, "") >= ours | others
        assert met(store, own + "nobody") == set()

    def test_what_was_deleted_or_has_ended_is_not_met(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        end = int(clock.now()) + 1
        store.put(own + "ended", b"", ends=end)
        store.put_many({own + "deleted": b"", own + "kept": b""}, ends=an_hour())
        store.delete([own + "deleted"])
        backend.wait_until(end)
        assert met(store, own) == {own + "kept"}

    def test_what_is_kept_all_the_while_is_met_among_changes(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        kept = {f"{own}kept{number}" for number in range(1200)}
        store.put_many(dict.fromkeys(kept, b""), ends=an_hour())
        done = threading.Event()

        def come_and_go() -> None:
            other = backend.open() if store.shared else store
            turn = 0
            while not done.is_set():
                names = [f"{own}turn{turn}.{number}" for number in range(20)]
                other.put_many(dict.fromkeys(names, b""), ends=an_hour())
                other.delete(names)
                turn += 1
            if other is not store:
                other.close()

        changes = threading.Thread(target=come_and_go)
        changes.start()
        try:
            pages = list(store.scan(own))
        finally:
            done.set()
            changes.join()
        found = {name for page in pages for name in page}
        assert kept <= found
        assert all(name.startswith(own) for name in found)
        assert len(pages) > 1

    def test_names_may_be_deleted_page_by_page(self, store: ExpiringStore, own: str) -> None:
        names = {f"{own}{number}" for number in range(1200)}
        store.put_many(dict.fromkeys(names, b""), ends=an_hour())
        for page in store.scan(own):
            store.delete(page)
        assert met(store, own) == set()

    @pytest.mark.parametrize("prefix", [name for name in ODD_NAMES if name], ids=shown)
    def test_what_begins_no_name_is_refused_at_the_call(
        self, store: ExpiringStore, prefix: str
    ) -> None:
        with pytest.raises(ValueError, match="name"):
            store.scan(prefix)


class NoScanContract(Parts):
    """What a store does whose ``scans`` is False."""

    def test_a_scan_is_refused_at_the_call(self, store: ExpiringStore) -> None:
        assert not store.scans
        with pytest.raises(NotImplementedError):
            store.scan("a")
