"""A store whose every call passes a breaker, so that nobody waits for one that is down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.revocation.breaker import Breaker
from cookie_sessions.stores.store import ExpiringStore

_T = TypeVar("_T")


class GuardedStore:
    """Keeps the contract of :class:`~cookie_sessions.stores.store.ExpiringStore`.

    Writes have a breaker of their own: a store that is full, or a file that another process writes
    to, still says who is signed out. While nothing can be read, nothing is written either.

    Args:
        store: does all of it.
        breaker: asks it, or is Unavailable at once while it rests.

    Attributes:
        started: whether what makes the store unusable, such as a folder that is gone, is an outage
            like any other: the request that meets it is not to blame. Until then it stops whoever
            starts the process.
    """

    def __init__(self, store: ExpiringStore, breaker: Breaker) -> None:
        self._store = store
        self._reads = breaker
        self._writes = Breaker(f"The store {store.name}, which was to be written,", None)
        self.started = False
        self.name = store.name
        self.max_octets = store.max_octets
        self.evicts = store.evicts
        self.scans = store.scans
        self.shared = store.shared

    def get(self, name: str) -> bytes | None:
        """As the store does it."""
        return self._read(lambda: self._store.get(name))

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """As the store does it."""
        return self._read(lambda: self._store.get_many(names))

    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """As the store does it."""
        self._write(lambda: self._store.put(name, value, ends=ends))

    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        """As the store does it."""
        self._write(lambda: self._store.put_many(values, ends=ends))

    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """As the store does it."""
        return self._write(lambda: self._store.add(name, value, ends=ends))

    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        """As the store does it."""
        return self._write(lambda: self._store.replace(name, value, expected=expected, ends=ends))

    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        """As the store does it."""
        return self._write(lambda: self._store.extend(names, ends=ends))

    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        """As the store does it."""
        self._write(lambda: self._store.shorten(names, ends=ends))

    def delete(self, names: Iterable[str]) -> None:
        """As the store does it."""
        self._write(lambda: self._store.delete(names))

    def scan(self, prefix: str) -> Iterator[list[str]]:
        """As the store does it."""
        pages = self._read(lambda: self._store.scan(prefix))
        while (page := self._read(lambda: next(pages, None))) is not None:
            yield page

    def sweep(self) -> int:
        """As the store does it."""
        return self._write(self._store.sweep)

    def close(self) -> None:
        """As the store does it."""
        self._store.close()

    def _read(self, ask: Callable[[], _T]) -> _T:
        return self._reads.call(lambda: self._answer(ask))

    def _write(self, ask: Callable[[], _T]) -> _T:
        if self._reads.rests:
            raise self._reads.refuse()
        return self._writes.call(lambda: self._answer(ask))

    def _answer(self, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except ConfigurationError as error:
            if not self.started:
                raise
            raise Unavailable(str(error)) from None
