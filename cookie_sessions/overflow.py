"""Values for which the cookie has no room, in a store that can neither read nor exchange them.

An entry is sealed under a key that only the reference in the visitor's cookie yields, so whoever
runs the store sees random octets, and rotating the ring's keys or the session's id leaves entries
alone. Entries never change: another value is another entry.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from ormsgpack import OPT_NON_STR_KEYS, Ext, packb, unpackb

from cookie_sessions import clock
from cookie_sessions.clock import SKEW
from cookie_sessions.codec import (
    MAX_REFERRED_OCTETS,
    SEED_OCTETS,
    Codec,
    Reference,
    Wire,
    references_of,
)
from cookie_sessions.cookies import Excess
from cookie_sessions.crypto import Aead, entry_key, entry_name
from cookie_sessions.errors import Rejected, Unavailable
from cookie_sessions.events import EventName, Events
from cookie_sessions.stores.entry import MAX_END
from cookie_sessions.stores.store import ExpiringStore

GRACE_SECONDS: Final = 60
"""How long an entry outlives the write that replaced it: for requests on their way, and for a
response that never arrived."""

CACHE_OCTETS: Final = 4_194_304
"""The octets of values that a process remembers, so that reading one again asks nobody."""

_WORTH_OCTETS: Final = 128
"""A smaller value stays in the cookie: a reference takes a third of this itself."""

_SLACK: Final = 4
"""An entry is kept for a quarter of the session's life longer than asked, so that not every refresh
of the session has to write another end into its reference."""

_CACHED_OCTETS: Final = 400
"""What a remembered value is counted with beside its octets: what CPython takes."""

_DROP_SECONDS: Final = 0.05

_REST_SECONDS: Final = 5
"""How long refreshes do without a store that did not answer: each would wait for its time-out."""


class Stowed(NamedTuple):
    """One value on its way to the store.

    Attributes:
        name: the entry's name.
        sealed: what is stored.
    """

    name: str
    sealed: bytes

    def __repr__(self) -> str:
        return f"<Stowed {len(self.sealed)} octets>"


class Overflow:
    """Moves values between sessions and a store; safe under threads and after a fork.

    Args:
        store: where entries are kept.
        events: told what is moved, and where entries can't be let go.
        hot: keys of the session that never go to the store.
        cold: keys that always do.
        max_octets: octets that one session may keep in the store.
        cache_octets: octets of values that this process remembers.
    """

    def __init__(
        self,
        store: ExpiringStore,
        *,
        events: Events,
        hot: Collection[str] = (),
        cold: Collection[str] = (),
        max_octets: int = MAX_REFERRED_OCTETS,
        cache_octets: int = CACHE_OCTETS,
    ) -> None:
        self._store = store
        self._events = events
        self._hot = frozenset(hot)
        self._cold = frozenset(cold)
        self._max_octets = max_octets
        self._cache = _Cache(cache_octets)
        self._rests_until = 0.0

    def candidates(self, wires: Mapping[Any, Wire]) -> list[Any]:
        """The keys whose values may go to the store, those that free most room first.

        Args:
            wires: the values as they stand in the payload.
        """
        sizes = {key: entry_octets(wire) for key, wire in wires.items() if key not in self._hot}
        movable = [
            key
            for key, size in sizes.items()
            if size >= _WORTH_OCTETS and Reference.of(wires[key]) is None
        ]
        return sorted(movable, key=lambda key: sizes[key], reverse=True)

    def always(self, wires: Mapping[Any, Wire]) -> list[Any]:
        """The keys whose values must go to the store and are not there yet."""
        return [key for key in self._cold & wires.keys() if Reference.of(wires[key]) is None]

    def stow(self, codec: Codec, key: Any, wire: Wire, *, until: int) -> tuple[bytes, Stowed]:
        """Seal a value for the store; nothing is stored yet.

        Args:
            codec: packs the key.
            key: the value's key in the session.
            wire: the value as it stands in the payload.
            until: when the session ends, in seconds since the epoch.

        Returns:
            The segment that takes the value's place, and the entry.
        """
        seed = os.urandom(SEED_OCTETS)
        sealed = Aead(entry_key(seed)).seal(_entry(wire), _aad(codec, key))
        reference = Reference(seed, len(sealed), self._ends(until))
        return reference.to_segment(), Stowed(entry_name(seed), sealed)

    def excess(self, wires: Mapping[Any, Wire]) -> Excess | None:
        """The bound that a session's entries break, or None."""
        sizes = [reference.octets for reference in references_of(wires).values()]
        if sum(sizes) > self._max_octets:
            return Excess(sum(sizes), self._max_octets, "overflow")
        if max(sizes, default=0) > self._store.max_octets:
            return Excess(max(sizes), self._store.max_octets, "entry")
        return None

    def put(self, entries: Iterable[Stowed], *, until: int) -> None:
        """Store entries.

        Args:
            entries: what :meth:`stow` gave.
            until: when the session ends, in seconds since the epoch.

        Raises:
            Unavailable: the store does not answer, or is full.
        """
        values = {entry.name: entry.sealed for entry in entries}
        if values:
            self._store.put_many(values, ends=self._ends(until))
            octets = sum(map(len, values.values()))
            self._events.emit(EventName.OVERFLOW, values=len(values), octets=octets)

    def fetch(self, codec: Codec, wires: Mapping[Any, Wire]) -> dict[Any, Wire]:
        """Bring values back.

        Args:
            codec: packs the keys.
            wires: references as they stand in the payload, by key.

        Returns:
            The values as they would stand in the payload; what the store has lost, and what was
            altered there, is left out.

        Raises:
            Unavailable: the store does not answer.
        """
        references = references_of(wires)
        names = {key: entry_name(reference.seed) for key, reference in references.items()}
        found: dict[Any, Wire] = {}
        missing: list[Any] = []
        for key, name in names.items():
            entry = self._cache.get(name, key)
            if entry is None:
                missing.append(key)
            else:
                found[key] = _wire(entry)
        stored = self._store.get_many([names[key] for key in missing]) if missing else {}
        for key in missing:
            sealed = stored.get(names[key])
            if sealed is None:
                continue
            try:
                entry = Aead(entry_key(references[key].seed)).open(sealed, _aad(codec, key))
                wire = _wire(entry)
                if _entry(wire) != entry:
                    continue
            except (Rejected, ValueError, TypeError):
                continue
            found[key] = wire
            self._cache.put(names[key], key, entry, ends=references[key].ends)
        return found

    def extend(
        self, wires: Mapping[Any, Wire], *, until: int, refreshes: bool = False
    ) -> dict[Any, Wire]:
        """Have entries live as long as a session that is written with this end.

        That is asked of the store each time, whatever the references say: another request may have
        replaced an entry and shortened its life, and the response that is made now may still be the
        one that counts.

        Args:
            wires: the session's values as they stand in the payload.
            until: when the session ends now, in seconds since the epoch.
            refreshes: nothing changed, so that it can wait until the store answers again.

        Returns:
            The references that must take the place of those that were extended, by key.

        Raises:
            Unavailable: the store does not answer.
        """
        references = references_of(wires)
        if not references:
            return {}
        now = clock.now()
        # A clock that was set back must not make the rest longer.
        if refreshes and 0 < self._rests_until - now <= _REST_SECONDS:
            raise Unavailable("The overflow store has not answered for a moment.")
        ends = self._ends(until)
        names = {key: entry_name(reference.seed) for key, reference in references.items()}
        try:
            present = self._store.extend(names.values(), ends=ends)
        except Unavailable:
            self._rests_until = clock.now() + _REST_SECONDS
            raise
        return {
            key: reference._replace(ends=ends).to_segment()
            for key, reference in references.items()
            if names[key] in present and reference.ends < min(until + SKEW, MAX_END)
        }

    def retire(self, references: Iterable[Reference]) -> None:
        """Let entries go that the session no longer names, after a grace; errors only make events.

        Args:
            references: what the cookie that was replaced named.
        """
        self._let_go(references, ends=clock.now() + GRACE_SECONDS)

    def delete(self, references: Iterable[Reference]) -> None:
        """Delete the entries of a session that was ended; errors only make events."""
        self._let_go(references, ends=None)

    def _let_go(self, references: Iterable[Reference], *, ends: float | None) -> None:
        names = [entry_name(reference.seed) for reference in references]
        if not names:
            return
        self._cache.drop(names)
        try:
            if ends is None:
                self._store.delete(names)
            else:
                self._store.shorten(names, ends=ends)
        except Unavailable:
            # They end with the session at the latest.
            self._events.emit(EventName.UNAVAILABLE)

    def _ends(self, until: int) -> int:
        left = max(0, until - int(clock.now()))
        return min(until + left // _SLACK + int(SKEW), MAX_END)


def entry_octets(wire: Wire) -> int:
    """What a value takes in the store before it is sealed."""
    return len(_entry(wire))


def _entry(wire: Wire) -> bytes:
    return packb(wire, None, OPT_NON_STR_KEYS)


def _aad(codec: Codec, key: Any) -> bytes:
    return b"cookie_sessions v1 overflow " + codec.pack(key)


def _wire(entry: bytes) -> Wire:
    wire: Wire = unpackb(entry, ext_hook=Ext, option=OPT_NON_STR_KEYS)
    return wire


class _Cache:
    """Remembers the packed values that were read last, within a bound of octets.

    Readers don't wait for its lock: a thread that finds it taken goes without, and so does a
    process that was forked while it was taken.
    """

    def __init__(self, octets: int) -> None:
        self._octets = self._left = octets
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[Any, bytes, int]] = OrderedDict()

    def get(self, name: str, key: Any) -> bytes | None:
        if not self._lock.acquire(blocking=False):
            return None
        try:
            found = self._entries.get(name)
            # Under another key than it was sealed for it is nothing, as in the store.
            if found is None or (type(key), key) != found[0] or found[2] <= clock.now():
                return None
            self._entries.move_to_end(name)
            return found[1]
        finally:
            self._lock.release()

    def put(self, name: str, key: Any, entry: bytes, *, ends: int) -> None:
        if _cost(entry) > self._octets or not self._lock.acquire(blocking=False):
            return
        try:
            if name in self._entries:
                return
            self._entries[name] = (type(key), key), entry, ends
            self._left -= _cost(entry)
            while self._left < 0:
                _, (_, oldest, _) = self._entries.popitem(last=False)
                self._left += _cost(oldest)
        finally:
            self._lock.release()

    def drop(self, names: Iterable[str]) -> None:
        if not self._lock.acquire(timeout=_DROP_SECONDS):
            return
        try:
            for name in names:
                found = self._entries.pop(name, None)
                if found is not None:
                    self._left += _cost(found[1])
        finally:
            self._lock.release()


def _cost(entry: bytes) -> int:
    return len(entry) + _CACHED_OCTETS
