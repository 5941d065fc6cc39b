"""Entries in memory: the whole contract, and what is bounded."""

from __future__ import annotations

import os
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.stores.memory import ENTRY_COST, MemoryStore
from tests.together import run_together

from .calls import increment
from .contract import FullContract, ScanContract, StoreContract
from .contract_sweep import CountedSweepContract
from .moving_clock import MovingClock, moving_clock
from .processes import in_processes

HOUR = 3600


class Memory:
    """Stores of this process, under a clock that the tests move."""

    def __init__(self, standing: MovingClock) -> None:
        self._clock = standing

    def open(self, *, timeout: float | None = None) -> MemoryStore:
        return MemoryStore()

    def wait_until(self, moment: float) -> None:
        self._clock.wait_until(moment)

    @contextmanager
    def full(self) -> Iterator[MemoryStore]:
        store = MemoryStore(max_entries=150)
        yield store
        for page in store.scan(""):
            store.delete(name for name in page if not name.endswith(".first"))


@pytest.fixture(scope="module")
def backend() -> Iterator[Memory]:
    with moving_clock() as standing:
        yield Memory(standing)


class TestMemory(StoreContract):
    pass


class TestMemoryScans(ScanContract):
    pass


class TestMemorySweeps(CountedSweepContract):
    pass


class TestFullMemory(FullContract):
    pass


def test_the_number_of_entries_is_bounded(backend: Memory) -> None:
    store = MemoryStore(max_entries=2)
    store.put_many({"a": b"", "b": b""}, ends=clock.now() + HOUR)
    store.put("a", b"again", ends=clock.now() + HOUR)
    with pytest.raises(Unavailable, match="full"):
        store.put("c", b"", ends=clock.now() + HOUR)
    with pytest.raises(Unavailable, match="full"):
        store.add("c", b"", ends=clock.now() + HOUR)
    store.delete(["b"])
    store.put("c", b"", ends=clock.now() + HOUR)


def test_the_octets_of_all_entries_are_bounded(backend: Memory) -> None:
    store = MemoryStore(max_total_octets=2 * (ENTRY_COST + 1 + 10))
    store.put_many({"a": bytes(10), "b": bytes(10)}, ends=clock.now() + HOUR)
    with pytest.raises(Unavailable, match="full"):
        store.put("b", bytes(11), ends=clock.now() + HOUR)
    with pytest.raises(Unavailable, match="full"):
        store.replace("b", bytes(11), expected=bytes(10), ends=clock.now() + HOUR)
    store.put("a", bytes(9), ends=clock.now() + HOUR)
    store.put("b", bytes(11), ends=clock.now() + HOUR)


def test_what_has_ended_makes_room_before_a_write_is_refused(backend: Memory) -> None:
    store = MemoryStore(max_total_octets=100 * (ENTRY_COST + 3))
    store.put_many({f"n{number}": b"" for number in range(100)}, ends=clock.now() + 5)
    store.extend(["n7"], ends=clock.now() + HOUR)
    backend.wait_until(clock.now() + 6)
    store.put("large", bytes(90 * ENTRY_COST), ends=clock.now() + HOUR)
    with pytest.raises(Unavailable):
        store.put("more", bytes(10 * ENTRY_COST), ends=clock.now() + HOUR)
    assert store.get("n7") == b""


def test_no_increment_of_many_is_lost(backend: Memory) -> None:
    store = MemoryStore()
    store.put("a", b"0", ends=clock.now() + HOUR)
    assert run_together(lambda _: increment(store, "a", times=300), range(8)) == []
    assert store.get("a") == b"2400"


def test_ended_entries_are_swept_with_writes(backend: Memory) -> None:
    store = MemoryStore()
    store.put_many({f"n{number}": b"" for number in range(100)}, ends=clock.now() + 5)
    backend.wait_until(clock.now() + 6)
    for _ in range(20):
        store.put("other", b"", ends=clock.now() + HOUR)
    assert repr(store) == "<MemoryStore of 1 entries>"


def test_moving_an_end_again_and_again_takes_no_more_memory(backend: Memory) -> None:
    store = MemoryStore()
    store.put("a", b"", ends=clock.now() + HOUR)
    for turn in range(2000):
        store.extend(["a"], ends=clock.now() + HOUR + turn)
    assert len(store._ends) < 100


def test_a_forked_process_has_a_copy_of_its_own(backend: Memory) -> None:
    store = MemoryStore()
    store.put("a", b"parent's", ends=clock.now() + HOUR)

    def change(_: int) -> bytes:
        before = store.get("a") or b""
        store.put("a", b"child's", ends=clock.now() + HOUR)
        return before

    assert in_processes(change, 1) == [b"parent's"]
    assert store.get("a") == b"parent's"


def test_a_process_may_be_forked_while_threads_write(backend: Memory) -> None:
    store = MemoryStore()
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            store.put("a", b"one", ends=clock.now() + HOUR)

    def read(_: int) -> bytes:
        store.put("b", b"one", ends=clock.now() + HOUR)
        return store.get("b") or b""

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert in_processes(read, 2) == [b"one"] * 2
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("limit", ["max_entries", "max_total_octets"])
def test_a_limit_below_one_is_an_error_of_the_configuration(limit: str) -> None:
    with pytest.raises(ConfigurationError, match="limit"):
        MemoryStore(**{limit: 0})


def test_an_entry_is_counted_with_what_it_takes(backend: Memory) -> None:
    store = MemoryStore(max_entries=20_000)
    tracemalloc.start()
    try:
        for number in range(10_000):
            store.put(f"n{number}", os.urandom(100), ends=clock.now() + HOUR)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 < taken / store._octets <= 1


def test_a_sweep_gives_back_all_room_of_what_has_ended(backend: Memory) -> None:
    store = MemoryStore()
    store.put_many({f"n{number}": b"one" for number in range(1200)}, ends=clock.now() + 5)
    store.extend(["n7"], ends=clock.now() + HOUR)
    store.shorten(["n8"], ends=clock.now() + 1)
    backend.wait_until(clock.now() + 6)
    assert store.sweep() == 1199
    assert repr(store) == "<MemoryStore of 1 entries>"
    assert store._octets == ENTRY_COST + len("n7") + len("one")
    assert len(store._ends) == 1
