"""Asks a snapshot: fetched when it is due, verified where it was copied to, kept until its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.events import EventName, Events
from cookie_sessions.revocation.facts import Answer, Question
from cookie_sessions.revocation.snapshot.fault import Fault, SnapshotRefused
from cookie_sessions.revocation.snapshot.signing import PublicKey, public_keys
from cookie_sessions.revocation.snapshot.source import Source, source_from_url
from cookie_sessions.revocation.snapshot.table import Table
from cookie_sessions.revocation.snapshot.token import Token, verified

MAX_TABLE_OCTETS: Final = 64 * 1_048_576
"""The longest table that is fetched: 8 million sessions."""

RETRY_SECONDS: Final = 5.0
"""After how long a source is asked again that failed or gave what could not be taken."""

_PATIENCE: Final = 10.0
_PATIENCE_ONCE_FAILED: Final = 0.25
_FROZEN_SECONDS: Final = 60.0
_JITTER: Final = 0.1


class _Held(NamedTuple):
    """The snapshot in force."""

    token: Token
    table: Table


class SnapshotList:
    """A list of revocations that can only be read. Safe under threads and after a fork.

    The first question fetches it. Later ones go on with what is there while a newer one is fetched
    beside them; how old it may be is judged by the clock at each question, so a process that slept
    for hours waits for a new one first. What can't be taken makes an event, and the last good one
    counts until its end. After a failure nobody waits longer than a quarter of a second.

    Args:
        source: where it is fetched from.
        keys: those that may have signed it, by thumbprint.
        audience: for whom it must be signed.
        index_check: what tells the index key that names subjects here, 8 octets.
        events: told of each one that was taken, and of each that was not.
        most: the longest table that is fetched, in octets.
    """

    def __init__(
        self,
        source: Source,
        *,
        keys: Mapping[str, PublicKey],
        audience: str,
        index_check: bytes,
        events: Events,
        most: int = MAX_TABLE_OCTETS,
    ) -> None:
        self._source = source
        self._keys = keys
        self._audience = audience
        self._index_check = index_check.hex()
        self._events = events
        self._most = most
        self._held: _Held | None = None
        self._version = ""
        self._sequence = 0
        self._looked = 0.0
        self._due = 0.0
        self._failed = False
        self._looking = threading.Lock()
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"<SnapshotList {self._source.name}>"

    def ask(self, question: Question) -> Answer:
        """What is known about a session.

        Raises:
            Unavailable: there is no snapshot that counts at this moment.
        """
        held = self._current()
        return held.table.answer(question)

    def state(self) -> tuple[Token, Table]:
        """What is in force, for those who look at it.

        Raises:
            Unavailable: nothing is.
        """
        return self._current()

    def _current(self) -> _Held:
        now = clock.now()
        held = self._held
        # A clock that was set back must not make it wait.
        due = not self._looked <= now < self._due
        if held is not None and now < held.token.ends:
            if due:
                self._look_beside()
            return self._held or held
        if due:
            # Nobody waits long for a source that has just failed.
            if self._failed:
                self._look_beside(wait=_PATIENCE_ONCE_FAILED)
            else:
                self._look_here()
        held = self._held
        if held is not None and clock.now() < held.token.ends:
            return held
        raise Unavailable(
            f"There is no valid snapshot of the revocation list: {self._source.name} gave none "
            f"that counts now. See whether it is published, and the event snapshot_refused."
        )

    def _look_here(self) -> None:
        """Fetch, and wait for it; or wait for another thread that does."""
        lock = self._lock()
        if not lock.acquire(timeout=_PATIENCE):
            return
        try:
            now = clock.now()
            if not self._looked <= now < self._due:
                self._look()
        finally:
            lock.release()

    def _look_beside(self, *, wait: float = 0.0) -> None:
        """Fetch in a thread of its own, if none does so already; wait so many seconds for it."""
        lock = self._lock()
        if not lock.acquire(blocking=False):
            return

        def look() -> None:
            try:
                self._look()
            finally:
                lock.release()

        try:
            thread = threading.Thread(target=look, name="snapshot", daemon=True)
            thread.start()
        except RuntimeError:
            # No thread can be had, so this question waits for it.
            look()
        else:
            thread.join(wait)

    def _lock(self) -> threading.Lock:
        # A fork may have been made while another thread held the lock, which is not here.
        if self._process != os.getpid():
            self._looking = threading.Lock()
            self._process = os.getpid()
        return self._looking

    def _look(self) -> None:
        fault = Fault.MALFORMED
        begun = clock.now()
        try:
            held = self._fetched()
        except SnapshotRefused as refused:
            fault, held = refused.fault, None
            self._version = ""
        finally:
            self._looked = clock.now()
            # A process that was frozen meanwhile has not learnt that the source fails now.
            frozen = not 0 <= self._looked - begun < _FROZEN_SECONDS
            self._due = self._looked + (0.0 if frozen else RETRY_SECONDS)
        self._failed = held is None and not frozen
        if held is None:
            self._events.emit(EventName.SNAPSHOT_REFUSED, fault=fault.value)
            return
        # Readers that were started together do not all come at once.
        share = int.from_bytes(os.urandom(2), "big") / 65_536 * _JITTER
        due = self._looked + max(1.0, held.token.ttl * (1 - share))
        # At its end a new one is needed, however late it was fetched.
        self._due = min(due, held.token.ends)
        if held is not self._held:
            self._held = held
            self._sequence = held.token.sequence
            self._events.emit(
                EventName.SNAPSHOT_LOADED,
                seq=held.token.sequence,
                sessions=held.table.sessions,
                subjects=held.table.subjects,
            )

    def _fetched(self) -> _Held:
        """The snapshot that the source has now, which may be the one in force."""
        held = self._held
        octets, version = self._source.token(self._version)
        if octets is None:
            if held is None or held.token.ends <= clock.now():
                raise SnapshotRefused(Fault.EXPIRED)
            return held
        token = verified(octets, self._keys, audience=self._audience, now=clock.now())
        if token.index_check != self._index_check:
            raise SnapshotRefused(Fault.WRONG_INDEX)
        if token.sequence < self._sequence:
            raise SnapshotRefused(Fault.OLD_SEQUENCE)
        if held is not None and token.sha256 == held.token.sha256:
            table = held.table
        elif held is not None and token.sequence == self._sequence:
            raise SnapshotRefused(Fault.OLD_SEQUENCE)
        else:
            table = self._table(token)
        self._version = version
        return held if held is not None and token == held.token else _Held(token, table)

    def _table(self, token: Token) -> Table:
        """Copy the other file to where nobody else can change it, verify it there, and map it."""
        import hashlib
        import mmap
        import tempfile

        if token.length > self._most:
            raise SnapshotRefused(Fault.TOO_LARGE)
        try:
            # It has no name, so it goes with the last process that maps it.
            with tempfile.TemporaryFile() as copy:
                self._source.table(token.file, copy, most=token.length)
                copy.flush()
                length = copy.tell()
                if length < token.length:
                    raise SnapshotRefused(Fault.TRUNCATED)
                mapped = memoryview(mmap.mmap(copy.fileno(), length, access=mmap.ACCESS_READ))
        except (OSError, ValueError):
            # There is no room for it, or it is empty.
            raise SnapshotRefused(Fault.UNREACHABLE) from None
        if hashlib.sha256(mapped).hexdigest() != token.sha256:
            raise SnapshotRefused(Fault.MISMATCH)
        return Table(mapped)


def snapshot_list(
    place: str,
    *,
    keys: str,
    audience: str,
    index_check: bytes,
    events: Events,
    most: int = MAX_TABLE_OCTETS,
) -> SnapshotList:
    """The list that settings describe. Nothing is fetched yet.

    Args:
        place: ``https://...`` or ``file:PATH`` of the token.
        keys: public keys as a JWK Set, or ``file:PATH`` of one.
        audience: for whom it must be signed.
        index_check: what tells the index key that names subjects here, 8 octets.
        events: told of each one that was taken, and of each that was not.
        most: the longest table that is fetched, in octets.

    Raises:
        ConfigurationError: the place, or the keys, can't be used.
    """
    return SnapshotList(
        source_from_url(place),
        keys=public_keys(keys),
        audience=audience,
        index_check=index_check,
        events=events,
        most=most,
    )
