"""Processes of one application, each with a clock of its own, that share one store."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import pytest

from cookie_sessions import clock
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec
from cookie_sessions.events import Event, Events
from cookie_sessions.revocation.breaker import Breaker
from cookie_sessions.revocation.identity import subject_octets
from cookie_sessions.revocation.recent import Recent
from cookie_sessions.revocation.revocations import Revocations
from cookie_sessions.revocation.store_list import StoreList
from cookie_sessions.stores.store import ExpiringStore

HOUR = 3600
KID = b"kid0"
CODEC = Codec()


class Call(NamedTuple):
    """One call of a store: its method, its names, and the end that it gave, if it did."""

    method: str
    names: tuple[str, ...]
    ends: float | None = None


class Apart:
    """A store of which each test has a part of its own, and which notes what it is asked.

    Args:
        store: the store that all tests share.
        own: stands before all names.

    Attributes:
        calls: what it was asked so far.
    """

    evicts = False
    scans = True

    def __init__(self, store: ExpiringStore, own: str) -> None:
        self._store = store
        self._own = own
        self.name = store.name
        self.max_octets = store.max_octets
        self.shared = store.shared
        self.calls: list[Call] = []

    @property
    def methods(self) -> list[str]:
        """The methods that were called so far."""
        return [call.method for call in self.calls]

    def get(self, name: str) -> bytes | None:
        (own,) = self._noted("get", [name])
        return self._store.get(own)

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        found = self._store.get_many(self._noted("get_many", names))
        return {name.removeprefix(self._own): value for name, value in found.items()}

    def put(self, name: str, value: bytes, *, ends: float) -> None:
        (own,) = self._noted("put", [name], ends)
        self._store.put(own, value, ends=ends)

    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        names = self._noted("put_many", values, ends)
        self._store.put_many(dict(zip(names, values.values(), strict=True)), ends=ends)

    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        (own,) = self._noted("add", [name], ends)
        return self._store.add(own, value, ends=ends)

    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        (own,) = self._noted("replace", [name], ends)
        return self._store.replace(own, value, expected=expected, ends=ends)

    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        found = self._store.extend(self._noted("extend", names, ends), ends=ends)
        return {name.removeprefix(self._own) for name in found}

    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        self._store.shorten(self._noted("shorten", names, ends), ends=ends)

    def delete(self, names: Iterable[str]) -> None:
        self._store.delete(self._noted("delete", names))

    def scan(self, prefix: str) -> Iterator[list[str]]:
        (own,) = self._noted("scan", [prefix])
        pages = self._store.scan(own)
        return ([name.removeprefix(self._own) for name in page] for page in pages)

    def sweep(self) -> int:
        return self._store.sweep()

    def close(self) -> None:
        self._store.close()

    def entries(self) -> dict[str, bytes]:
        """All that stands in this test's part."""
        names = [name for page in self._store.scan(self._own) for name in page]
        found = self._store.get_many(names)
        return {name.removeprefix(self._own): value for name, value in found.items()}

    def last_end(self, name: str) -> float:
        """The latest end that an entry was given."""
        return max(call.ends for call in self.calls if name in call.names and call.ends)

    def _noted(self, method: str, names: Iterable[str], ends: float | None = None) -> list[str]:
        wanted = tuple(names)
        self.calls.append(Call(method, wanted, ends))
        return [self._own + name for name in wanted]


class Clocks:
    """Has the clock of the package differ from thread to thread, by what a process says."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._true = clock.now
        self._here = threading.local()
        patch.setattr(clock, "now", self.now)

    def now(self) -> float:
        return self._true() + getattr(self._here, "ahead", 0.0)

    @contextmanager
    def ahead(self, seconds: float) -> Iterator[None]:
        """Have the clock show a time so much later in this thread."""
        before = getattr(self._here, "ahead", 0.0)
        self._here.ahead = before + seconds
        try:
            yield
        finally:
            self._here.ahead = before


def list_of(
    store: ExpiringStore,
    *,
    staleness: float = 0.0,
    longest: int = HOUR,
    index_secret: bytes | None = None,
    events: Events | None = None,
) -> StoreList:
    return StoreList(
        store,
        breaker=Breaker("The list", events or Events()),
        recent=Recent(seconds=staleness),
        longest=lambda: longest,
        index_secret=index_secret,
    )


def named(written: StoreList, subject: Any) -> bytes:
    """What a list calls a subject."""
    octets = subject_octets(subject, packed=CODEC.pack(subject, name="the subject"))
    return written.index().subject(octets)


class Process:
    """A process of an application: it signs people in, ends sessions, and refuses them.

    Args:
        store: what all processes share.
        clocks: of all processes.
        ahead: by how many seconds its clock is ahead of the true time.
        staleness: for how many seconds it goes by what it read.
        longest: how long its sessions live, in seconds.
        index_secret: as the setting gives it.
    """

    def __init__(
        self,
        store: ExpiringStore,
        clocks: Clocks,
        *,
        ahead: float = 0.0,
        staleness: float = 0.0,
        longest: int = HOUR,
        index_secret: bytes | None = None,
    ) -> None:
        self.happened: list[Event] = []
        events = Events()
        events.subscribe(self.happened.append)
        self._clocks = clocks
        self._ahead = ahead
        self.list = list_of(
            store, staleness=staleness, longest=longest, index_secret=index_secret, events=events
        )
        self.revocations = Revocations(
            self.list, written=self.list, index=None, codec=CODEC, events=events
        )
        self._longest = longest

    def clock(self) -> AbstractContextManager[None]:
        """Have this thread see the time as this process does."""
        return self._clocks.ahead(self._ahead)

    def sign_in(self, subject: Any = None) -> Claims:
        """A session that begins now, as the manager makes it."""
        with self.clock():
            now = clock.now()
            claims = Claims.begin(now=now, until=int(now) + self._longest)
            owner = None if subject is None else self.revocations.subject_octets(subject)
            since = max(claims.since, self.revocations.since(owner, now=now))
            claims = claims._replace(subject=owner, since=since)
            self.revocations.note_end(claims.until, needed=True)
            return claims

    def refuses(self, claims: Claims, *, kid: bytes = KID) -> bool:
        with self.clock():
            return self.revocations.is_revoked(claims, kid=kid)

    def revoke(self, claims: Claims) -> None:
        with self.clock():
            self.revocations.revoke(claims.sid.hex())

    def revoke_subject(self, subject: Any, *, before: float | None = None) -> None:
        with self.clock():
            self.revocations.revoke_subject(subject, before=before)

    def revoke_all(self, *, before: float | None = None) -> None:
        with self.clock():
            self.revocations.revoke_all(before=before)

    def mark(self, subject: Any = None) -> int:
        """The mark in force for a subject, or for nobody."""
        name = None if subject is None else named(self.list, subject)
        return self.list.mark(name)
