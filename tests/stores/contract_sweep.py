"""The part of the contract that is about sweeps."""

from __future__ import annotations

import threading
import time

from cookie_sessions import clock
from cookie_sessions.stores.store import ExpiringStore
from tests.together import run_together

from .backend import Backend, Parts
from .calls import an_hour, met

MORE_THAN_A_BATCH = 1100
SOON = 4
"""Seconds in which ends are moved that would have come, with a server whose clock goes on."""


class SweepContract(Parts):
    """What every store does: a sweep takes nothing that lives."""

    def test_a_sweep_takes_nothing_that_lives(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        end = int(clock.now()) + SOON
        kept = {own + "long", own + "extended", own + "put", own + "replaced", own + "just"}
        store.put(own + "long", b"one", ends=an_hour())
        moved = [own + mark for mark in ("extended", "put", "replaced", "ended", "shortened")]
        store.put_many(dict.fromkeys(moved, b"one"), ends=end)
        store.put(own + "just", b"one", ends=end + 60)
        store.extend([own + "extended"], ends=an_hour())
        store.put(own + "put", b"one", ends=an_hour())
        assert store.replace(own + "replaced", b"one", expected=b"one", ends=an_hour())
        store.shorten([own + "long"], ends=end + 600)
        backend.wait_until(end)
        assert store.sweep() >= 0
        assert store.get_many([*kept, *moved]) == dict.fromkeys(kept, b"one")
        assert store.add(own + "ended", b"again", ends=an_hour())
        store.sweep()
        assert store.get(own + "ended") == b"again"

    def test_what_is_extended_or_replaced_during_a_sweep_stays(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        end = int(clock.now()) + 2
        extended, replaced = ([f"{own}{kind}{n}" for n in range(40)] for kind in "er")
        store.put_many(dict.fromkeys([*extended, *replaced], b"one"), ends=end)
        kept: dict[str, bytes] = {}
        done = threading.Event()

        def keep(which: str) -> None:
            if which == "extend":
                for name in extended:
                    kept.update(dict.fromkeys(store.extend([name], ends=an_hour()), b"one"))
            elif which == "replace":
                for name in replaced:
                    if store.replace(name, b"two", expected=b"one", ends=an_hour()):
                        kept[name] = b"two"
            elif which == "time":
                time.sleep(0.02)
                backend.wait_until(end)
                done.set()
            else:
                while not done.is_set():
                    store.sweep()
                store.sweep()

        assert run_together(keep, ["extend", "replace", "time", "sweep"]) == []
        store.sweep()
        assert store.get_many([*extended, *replaced]) == kept

    def test_a_sweep_is_no_work_where_nothing_has_ended(
        self, store: ExpiringStore, own: str
    ) -> None:
        store.sweep()
        store.put(own, b"one", ends=an_hour())
        assert store.sweep() == 0
        assert store.get(own) == b"one"


class CountedSweepContract(Parts):
    """What a store does that removes what has ended itself."""

    def test_a_sweep_removes_all_that_has_ended_and_counts_it(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        store.sweep()
        end = int(clock.now()) + 1
        names = [f"{own}{number}" for number in range(MORE_THAN_A_BATCH)]
        store.put_many(dict.fromkeys(names, b"one"), ends=end)
        store.put(own + "kept", b"one", ends=an_hour())
        assert store.sweep() == 0
        backend.wait_until(end)
        assert store.sweep() == MORE_THAN_A_BATCH
        assert store.sweep() == 0
        assert met(store, own) == {own + "kept"}

    def test_what_two_sweeps_remove_is_counted_once(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        store.sweep()
        end = int(clock.now()) + 1
        store.put_many({f"{own}{number}": b"" for number in range(100)}, ends=end)
        backend.wait_until(end)
        counts: list[int] = []
        assert run_together(lambda _: counts.append(store.sweep()), range(2)) == []
        assert sum(counts) == 100


class ServerSweepContract(Parts):
    """What a store does whose server removes by itself what has ended."""

    def test_a_sweep_removes_nothing_and_asks_nobody(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        end = int(clock.now()) + 1
        store.put(own, b"one", ends=end)
        backend.wait_until(end)
        assert store.sweep() == 0
