"""Named values in a store: read through the memory of answers, changed by compare-and-set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.revocation import entries
from cookie_sessions.revocation.recent import Recent
from cookie_sessions.stores.store import ExpiringStore

_TRIES: Final = 64


class Raised(NamedTuple):
    """What raising a mark did.

    Attributes:
        former: the mark that was in force, in milliseconds since the epoch; 0: none.
        mark: the one that is: never an earlier one.
    """

    former: int
    mark: int


class Cells:
    """What a list of revocations is kept in. Safe under threads and after a fork.

    Args:
        store: keeps the values.
        recent: remembers what it said.
    """

    def __init__(self, store: ExpiringStore, *, recent: Recent) -> None:
        self.store = store
        self._recent = recent

    def get(self, name: str) -> bytes | None:
        """One value, from the store itself.

        Raises:
            Unavailable: the store does not answer; so for all methods.
        """
        return self.store.get(name)

    def get_many(self, names: list[str], *, fresh: bool) -> Mapping[str, bytes]:
        """Those values that are there, in one round trip or none.

        Args:
            names: theirs.
            fresh: whether the store itself is to be asked, whatever was read a moment ago.
        """
        asked = clock.now()
        known = None if fresh else self._recent.values(names, now=asked)
        if known is not None:
            return known
        begun = self._recent.begin()
        found = self.store.get_many(names)
        self._recent.keep(names, found, asked=asked, begun=begun)
        return found

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All names that begin so, with their values; what comes or goes meanwhile may be."""
        for page in self.store.scan(prefix):
            yield from self.store.get_many(page).items()

    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """Keep a value where there is none; of many at once exactly one is told True."""
        return self._write(name, lambda: self.store.add(name, value, ends=ends))

    def delete(self, name: str, *, expected: bytes) -> bool:
        """Have a value be absent if it is still the expected one."""
        return self._write(
            name, lambda: self.store.replace(name, expected, expected=expected, ends=0)
        )

    def change(self, name: str, change: Callable[[bytes | None], bytes], *, ends: float) -> None:
        """Replace a value by what becomes of it, whoever else does so at the same time.

        Args:
            name: the value's.
            change: gives the next value of the present one; may be asked several times.
            ends: when it ends, in seconds since the epoch.
        """
        for _ in range(_TRIES):
            present = self.get(name)
            if self._write(name, self._step(name, present, change(present), ends)):
                return
        raise Unavailable(
            f"The store {self.store.name} was changed by others each time that a revocation was "
            f"to be written. Try again."
        )

    def raise_to(
        self, name: str, number: int, *, ends: float, unless_met: int | None = None
    ) -> Raised:
        """Have a number be at least so large; it never becomes smaller.

        Args:
            name: the number's.
            number: the least that it is to be.
            ends: when it ends, in seconds since the epoch.
            unless_met: leave it as it is where it is this number or a larger one; None: never.
        """
        marks = Raised(0, number)

        def raised(present: bytes | None) -> bytes:
            nonlocal marks
            former = entries.number_from(present)
            met = unless_met is not None and former >= unless_met
            marks = Raised(former, former if met else max(number, former))
            return entries.number_octets(marks.mark)

        self.change(name, raised, ends=ends)
        return marks

    def _step(
        self, name: str, present: bytes | None, wanted: bytes, ends: float
    ) -> Callable[[], bool]:
        """What replaces an entry if it is still as it was read, and says whether it was."""
        if present is None:
            return lambda: self.store.add(name, wanted, ends=ends)
        if wanted == present:
            return lambda: name in self.store.extend([name], ends=ends)
        return lambda: self.store.replace(name, wanted, expected=present, ends=ends)

    def _write(self, name: str, write: Callable[[], bool]) -> bool:
        self._recent.forget(name)
        try:
            return write()
        finally:
            # What was read while it was being written counts no longer in this process.
            self._recent.forget(name)
