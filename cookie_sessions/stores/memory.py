"""Entries of this process alone, for development, tests and single-process services."""

from __future__ import annotations

import heapq
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.entry import (
    checked_name,
    checked_names,
    checked_scan,
    checked_value,
    end_second,
)
from cookie_sessions.stores.outage import outages

MAX_OCTETS: Final = 1_048_576
"""The longest value, in octets."""

ENTRY_COST: Final = 400
"""Octets that an entry is counted with beside its name and its value: what CPython takes."""

_PAGE: Final = 500
_SWEPT_WITH_A_WRITE: Final = 8
_MOVED_ENDS: Final = 64

_lock: Final = threading.Lock()


class _Entry(NamedTuple):
    value: bytes
    end: int


class _FullError(Exception):
    pass


_may_be_full = outages(
    _FullError,
    tell=lambda _: (
        "is full of entries that have not ended, and it evicts none. Raise its limits "
        "(memory:?max_entries=...&max_total_octets=...), or use a store with a server"
    ),
)


class MemoryStore:
    """Keeps entries in this process until their end; a new process begins with none.

    A store that is full of living entries is Unavailable: none is evicted. Those that have ended
    are swept, a few with each write, and all of them before a write is refused. A forked process
    has a copy, which goes its own way.

    Args:
        max_entries: how many entries it keeps.
        max_total_octets: octets that names, values and :data:`ENTRY_COST` for each may take.

    Raises:
        ConfigurationError: a limit is below 1.
    """

    name: str = "memory:"
    max_octets: int = MAX_OCTETS
    evicts: bool = False
    scans: bool = True
    shared: bool = False

    def __init__(
        self, *, max_entries: int = 100_000, max_total_octets: int = 64 * 1_048_576
    ) -> None:
        if min(max_entries, max_total_octets) < 1:
            raise ConfigurationError(
                "A store in memory was given a limit below 1, so it could keep nothing. Give a "
                "number of entries and of octets, such as memory:?max_entries=1000."
            )
        self._max_entries = max_entries
        self._max_total_octets = max_total_octets
        self._entries: dict[str, _Entry] = {}
        self._octets = 0
        # By end, for the sweep. An end that was moved leaves its old one behind until that comes.
        self._ends: list[tuple[int, str]] = []

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self._entries)} entries>"

    def get(self, name: str) -> bytes | None:
        """The value of an entry, or None where there is none."""
        entry = self._entries.get(checked_name(name))
        return entry.value if entry is not None and entry.end > clock.now() else None

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """The values of those entries that are there."""
        found = {name: self.get(name) for name in checked_names(names)}
        return {name: value for name, value in found.items() if value is not None}

    @_may_be_full
    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """Keep a value, whatever was there before."""
        self.put_many({name: value}, ends=ends)

    @_may_be_full
    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        """Keep several values with one end."""
        end = end_second(ends)
        for name, value in values.items():
            checked_name(name)
            checked_value(value, max_octets=self.max_octets)
        with _lock:
            now = clock.now()
            for name, value in values.items():
                self._keep(name, value, end, now)

    @_may_be_full
    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """Keep a value where there is none."""
        end = end_second(ends)
        checked_name(name)
        checked_value(value, max_octets=self.max_octets)
        with _lock:
            now = clock.now()
            if end <= now or self._living(name, now) is not None:
                return False
            self._keep(name, value, end, now)
            return True

    @_may_be_full
    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        """Keep a value if the present one equals ``expected``."""
        end = end_second(ends)
        checked_name(name)
        checked_value(value, max_octets=self.max_octets)
        with _lock:
            now = clock.now()
            present = self._living(name, now)
            if present is None or present.value != expected:
                return False
            self._keep(name, value, end, now)
            return True

    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        """Move ends forward; an end that is later already stays."""
        end = end_second(ends)
        there: set[str] = set()
        wanted = checked_names(names)
        with _lock:
            now = clock.now()
            for name in wanted:
                if (entry := self._living(name, now)) is None:
                    continue
                there.add(name)
                if entry.end < end:
                    self._keep(name, entry.value, end, now)
        return there

    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        """Move ends back; an end that is earlier already stays."""
        end = end_second(ends)
        wanted = checked_names(names)
        with _lock:
            now = clock.now()
            for name in wanted:
                entry = self._living(name, now)
                if entry is not None and entry.end > end:
                    self._keep(name, entry.value, end, now)

    def delete(self, names: Iterable[str]) -> None:
        """Have entries be absent."""
        wanted = checked_names(names)
        with _lock:
            for name in wanted:
                self._drop(name)

    def scan(self, prefix: str) -> Iterator[list[str]]:
        """The names that begin with a prefix, in pages."""
        return self._pages(checked_scan(prefix))

    def sweep(self) -> int:
        """Remove what has ended, all of it, and say how many entries that were."""
        swept = 0
        while True:
            # In parts, so that nobody waits for the whole of it.
            with _lock:
                now = clock.now()
                swept += self._sweep(now, _PAGE)
                if not self._ends or self._ends[0][0] > now:
                    return swept

    def close(self) -> None:
        """Nothing: there is neither connection nor file, and the entries stay."""

    def _pages(self, prefix: str) -> Iterator[list[str]]:
        with _lock:
            names = [name for name in self._entries if name.startswith(prefix)]
        for start in range(0, len(names), _PAGE):
            yield list(self.get_many(names[start : start + _PAGE]))

    def _living(self, name: str, now: float) -> _Entry | None:
        entry = self._entries.get(name)
        return entry if entry is not None and entry.end > now else None

    def _keep(self, name: str, value: bytes, end: int, now: float) -> None:
        self._sweep(now, _SWEPT_WITH_A_WRITE)
        if end <= now:
            self._drop(name)
            return
        if not self._has_room(name, value):
            self._sweep(now, len(self._ends))
            if not self._has_room(name, value):
                raise _FullError
        present = self._entries.get(name)
        # Readers take no lock, so an entry is exchanged in one step and never absent meanwhile.
        self._entries[name] = _Entry(value, end)
        self._octets += _cost(name, value) - (_cost(name, present.value) if present else 0)
        heapq.heappush(self._ends, (end, name))
        if len(self._ends) > 2 * len(self._entries) + _MOVED_ENDS:
            self._ends = [(entry.end, name) for name, entry in self._entries.items()]
            heapq.heapify(self._ends)

    def _has_room(self, name: str, value: bytes) -> bool:
        present = self._entries.get(name)
        entries = len(self._entries) + (present is None)
        freed = 0 if present is None else _cost(name, present.value)
        octets = self._octets - freed + _cost(name, value)
        return entries <= self._max_entries and octets <= self._max_total_octets

    def _drop(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._octets -= _cost(name, entry.value)

    def _sweep(self, now: float, most: int) -> int:
        swept = 0
        while most > 0 and self._ends and self._ends[0][0] <= now:
            most -= 1
            _, name = heapq.heappop(self._ends)
            entry = self._entries.get(name)
            if entry is not None and entry.end <= now:
                self._drop(name)
                swept += 1
        return swept


def _cost(name: str, value: bytes) -> int:
    return len(name) + len(value) + ENTRY_COST


if hasattr(os, "register_at_fork"):
    # One lock for all stores is held across a fork, so a copy is never one of half a write.
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
