"""What was read from the store a moment ago, so that a page of twenty requests asks once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

MOST_NAMES: Final = 20_000
"""Entries that a process remembers, absent ones included."""


class _Read(NamedTuple):
    at: float
    value: bytes | None


class Recent:
    """Remembers entries for a stated time, those of this process's own writes at once.

    Bounded without a lock: when half of what it may keep has come in, the older half is dropped.
    It may be used after a fork.

    Args:
        seconds: how old an answer may be; 0: nothing is remembered.
        most: how many entries are remembered.
    """

    def __init__(self, *, seconds: float, most: int = MOST_NAMES) -> None:
        self._seconds = seconds
        self._half = max(1, most // 2)
        self._young: dict[str, _Read] = {}
        self._old: dict[str, _Read] = {}
        self._writes = 0

    def values(self, names: Iterable[str], *, now: float) -> dict[str, bytes] | None:
        """What stands under names, as far as all of them are remembered; else None.

        Args:
            names: of entries.
            now: seconds since the epoch.

        Returns:
            The values of those that are there.
        """
        found: dict[str, bytes] = {}
        for name in names:
            read = self._young.get(name) or self._old.get(name)
            if read is None or now - read.at >= self._seconds:
                return None
            if read.at > now:
                # It was read before the clock was set back, and would be young once more.
                self._drop(name)
                return None
            if read.value is not None:
                found[name] = read.value
        return found

    def begin(self) -> int:
        """To be called before the store is asked; :meth:`keep` wants what it returns."""
        return self._writes

    def keep(
        self, names: Iterable[str], found: Mapping[str, bytes], *, asked: float, begun: int
    ) -> None:
        """Remember what the store answered, unless this process wrote meanwhile.

        Args:
            names: what was asked.
            found: the values of those that are there.
            asked: before the store was asked, in seconds since the epoch.
            begun: what :meth:`begin` returned then.
        """
        if not self._seconds or begun != self._writes:
            return
        asked_for = tuple(names)
        for name in asked_for:
            self._young[name] = _Read(asked, found.get(name))
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        if begun != self._writes:
            # Another thread wrote since: what it forgot may have been put back just now.
            for name in asked_for:
                self._drop(name)

    def forget(self, name: str) -> None:
        """To be called before and after an entry is written: readers under way remember nothing."""
        self._writes += 1
        self._drop(name)

    def _drop(self, name: str) -> None:
        # In this order an entry is met even where the younger half becomes the older meanwhile.
        self._young.pop(name, None)
        self._old.pop(name, None)
