"""The part of the contract that is about several processes."""

from __future__ import annotations

import threading
import time

from cookie_sessions.stores.store import ExpiringStore

from .backend import Backend, Parts
from .calls import an_hour, increment
from .processes import in_processes

FORKS_IN_VAIN = 45.0
"""Seconds: ten forks that each wait for calls until a store gives that up take longer."""


class SharedContract(Parts):
    """What a store does whose ``shared`` is True."""

    def test_others_see_at_once_what_a_call_has_returned(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        assert store.shared
        other = backend.open()
        for turn in range(50):
            store.put(own, b"%d" % turn, ends=an_hour())
            assert other.get(own) == b"%d" % turn
        other.delete([own])
        assert store.get(own) is None
        other.close()

    def test_of_four_processes_one_adds(self, backend: Backend, own: str) -> None:
        def add_all(number: int) -> bytes:
            store = backend.open()
            return bytes(
                store.add(f"{own}{turn}", b"%d" % number, ends=an_hour()) for turn in range(25)
            )

        told = in_processes(add_all, 4)
        assert [sum(turn) for turn in zip(*told, strict=True)] == [1] * 25

    def test_no_increment_of_four_processes_is_lost(
        self, backend: Backend, store: ExpiringStore, own: str
    ) -> None:
        store.put(own, b"0", ends=an_hour())

        def increment_in_a_process(_: int) -> bytes:
            increment(backend.open(), own, times=15)
            return b""

        in_processes(increment_in_a_process, 4)
        assert store.get(own) == b"60"

    def test_forked_processes_use_the_store_of_their_parent(
        self, store: ExpiringStore, own: str
    ) -> None:
        store.put(own, b"parent's", ends=an_hour())

        def read_my_own(number: int) -> bytes:
            mine = f"{own}{number}"
            store.put(mine, mine.encode(), ends=an_hour())
            right = all(
                store.get_many([mine, own]) == {mine: mine.encode(), own: b"parent's"}
                for _ in range(30)
            )
            store.close()
            return bytes([right])

        assert in_processes(read_my_own, 4) == [b"\1"] * 4
        assert store.get(own) == b"parent's"
        assert store.get(own + "3") == f"{own}3".encode()

    def test_a_process_may_be_forked_while_threads_use_the_store(
        self, store: ExpiringStore, own: str
    ) -> None:
        store.put(own, b"one", ends=an_hour())
        done = threading.Event()
        wrong: list[bytes | None] = []

        def use() -> None:
            while not done.is_set():
                if (value := store.get(own)) != b"one":
                    wrong.append(value)
                store.put(own, b"one", ends=an_hour())

        threads = [threading.Thread(target=use) for _ in range(3)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        try:
            for _ in range(5):
                assert in_processes(lambda _: store.get(own) or b"", 2) == [b"one"] * 2
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert wrong == []
        assert time.monotonic() - began < FORKS_IN_VAIN
