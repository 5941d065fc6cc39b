"""The ring that is in force in this process: read, kept, and read again in time."""

from __future__ import annotations

import dataclasses
import math
import os
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING, Final

from cookie_sessions import clock
from cookie_sessions.clock import SKEW
from cookie_sessions.crypto import digest
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.events import EventName, Events
from cookie_sessions.keys.entry import KeyEntry
from cookie_sessions.keys.jwk_set import Parsed, parse_jwk_set, parse_leniently
from cookie_sessions.keys.key_set import KeySet, merge
from cookie_sessions.keys.lifecycle import Resolution
from cookie_sessions.keys.ring import KeyRing

if TYPE_CHECKING:
    from types import FrameType

    from cookie_sessions.keys.sources import KeySource

RELOAD_SECONDS: Final = 300
"""How old a ring may grow by default before its source is asked again."""

RETRY_SECONDS: Final = 30
"""How long a source that failed is left alone."""

FIRST_REST_SECONDS: Final = (1.0, 2.0, 5.0)
"""How long a source is left alone that could not be reached at the first use: after the first
failure, the second, and each later one. Whoever comes meanwhile is told so at once, which neither
feeds a service that throttles nor waits for one that hangs."""

FROZEN_SECONDS: Final = 60
"""No source is read for so long, so a process whose clock says so was frozen meanwhile."""

LOOK_AGAIN_SECONDS: Final = 5
"""How often at most an unknown key id makes a source be asked that can't say cheaply whether it
changed. It is a distance and not a budget: ids that somebody invents can't use it up."""

STALE_SECONDS: Final = 86_400
"""From this age on, a ring whose source fails is told of as stale."""

_JITTER: Final = 0.1
_NAMED: Final = 8


class KeyProvider:
    """Gives the ring of a source, and never a worse one than it gave before.

    The ring is read at the first use, again every ``reload_every`` seconds (a little earlier, by
    chance, so that not all processes ask at once), and at once when a cookie names a key that it
    does not have. While one thread reads, the others go on with the ring they have. Where a source
    fails or holds nonsense the last good ring stays in force, and an event says so.

    Safe under threads and after a fork.

    Args:
        source: where the ring is read from.
        events: told of what happens to it.
        reload_every: seconds after which the source is asked again.
        max_age: seconds after which a ring whose source fails is no longer used; None: it is used
            as long as the process lives.
    """

    def __init__(
        self,
        source: KeySource,
        *,
        events: Events | None = None,
        reload_every: float = RELOAD_SECONDS,
        max_age: float | None = None,
    ) -> None:
        self._source = source
        self._events = events or Events()
        self._max_age = math.inf if max_age is None else max_age
        # Half of it leaves time to ask again before the ring is too old.
        self._reload_every = min(reload_every, self._max_age / 2)
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None
        self._keys: KeySet | None = None
        self._digest = b""
        self._stamp: object = None
        self._read_at = -math.inf
        self._asked_at = -math.inf
        self._reload_at = -math.inf
        self._fresh_until = -math.inf
        self._unheeded = False
        self._outage: tuple[int, str] = (0, "")
        self._rests_until = -math.inf
        self._untold: deque[tuple[EventName, dict[str, str | int]]] = deque()
        _providers.add(self)

    def __repr__(self) -> str:
        return f"<KeyProvider {self._source.name}>"

    @property
    def keys(self) -> KeySet | None:
        """What was read last; None before the first use."""
        return self._keys

    @property
    def is_fresh(self) -> bool:
        """Whether :meth:`ring` answers without asking the source."""
        return self._ring is not None and self._asked_at <= clock.now() < self._fresh_until

    def ring(self) -> KeyRing:
        """The ring in force; a comparison of two numbers as long as it is fresh.

        Returns:
            The ring.

        Raises:
            ConfigurationError: it has never been read, and can't be now; says what to do.
            Unavailable: its source does not answer, at the first use or for longer than
                ``max_age``.
        """
        now = clock.now()
        ring = self._ring
        if ring is not None and self._asked_at <= now < self._fresh_until:
            return ring
        return self._renewed(now)

    def look_again(self) -> bool:
        """Ask the source for a key that a cookie names and the ring does not have.

        Where another thread is asking just now, its answer is waited for, but not for ever: a
        function has no deadline, and ids that somebody invents would stop every thread behind it.

        Returns:
            Whether the ring is another one now.
        """
        before = self._ring
        if not self._lock.acquire(timeout=LOOK_AGAIN_SECONDS):
            return False
        try:
            if self._ring is not before:
                return True
            now = clock.now()
            stamp = self._source.stamp()
            if stamp is None:
                if 0 <= now - self._asked_at < LOOK_AGAIN_SECONDS:
                    return False
            elif stamp == self._stamp:
                return False
            self.reload()
            if before is not None:
                self._renew(now)
        finally:
            self._lock.release()
        self._tell()
        return self.ring() is not before

    def reload(self) -> None:
        """Have the source asked at the next use; safe in a signal handler."""
        self._unheeded = True
        self._reload_at = self._fresh_until = self._rests_until = -math.inf

    def reload_on_hangup(self) -> bool:
        """Have SIGHUP ask the source again, beside whatever it did before.

        Returns:
            Whether it could be arranged: in the main thread, where the system has the signal.
        """
        import signal

        if (
            not hasattr(signal, "SIGHUP")
            or threading.current_thread() is not threading.main_thread()
        ):
            return False
        before = signal.getsignal(signal.SIGHUP)

        def reload(number: int, frame: FrameType | None) -> None:
            self.reload()
            if callable(before):
                before(number, frame)

        signal.signal(signal.SIGHUP, reload)
        return True

    def _renewed(self, now: float) -> KeyRing:
        if self._ring is None:
            outage = self._outage
            with self._lock:
                if self._ring is None:
                    self._first(now, outage)
        elif self._lock.acquire(blocking=False):
            try:
                # Another thread may have asked since this one looked at the clock.
                self._renew(clock.now())
            finally:
                self._lock.release()
        self._tell()
        assert self._ring is not None
        if self._is_too_old(now):
            raise Unavailable(
                f"The key source {self._source.name} has failed for too long, so its keys are no "
                f"longer used. Its faults are in the log."
            )
        return self._ring

    def _first(self, now: float, outage: tuple[int, str]) -> None:
        count, fault = self._outage
        # A clock that was set back must not make the rest longer.
        rests = 0 < self._rests_until - clock.now() <= FIRST_REST_SECONDS[-1]
        if rests or self._outage != outage:
            # It failed while this thread waited: asking once more would make each wait in turn.
            raise Unavailable(fault)
        try:
            self._begin(now)
        except Unavailable as error:
            self._outage = count + 1, str(error)
            rest = FIRST_REST_SECONDS[min(count, len(FIRST_REST_SECONDS) - 1)]
            self._rests_until = clock.now() + rest
            raise

    def _begin(self, now: float) -> None:
        stamp, text = self._read()
        try:
            keys = self._sealing(text, now)
        except ConfigurationError as error:
            # The frames below hold the keys, and so would this one.
            del text
            raise error.with_traceback(None) from None
        self._take(keys, text, stamp, now)

    def _sealing(self, text: bytes, now: float) -> KeySet:
        """What a text says, where one of its keys may seal."""
        keys = parse_jwk_set(text, origin=self._source.name)
        resolution = keys.resolve(now)
        if resolution.primary is None or _is_overdue(resolution, now):
            named = [
                f"{entry.label!r} is {_why_not(entry, now)}" for entry in keys.entries[:_NAMED]
            ]
            raise ConfigurationError(
                f"{self._source.name}: none of the {len(keys.entries)} keys may seal now: "
                f"{', '.join(named)}. Add one that seals at once: cookie-sessions keys add --now."
            )
        return keys

    def _renew(self, now: float) -> None:
        assert self._keys is not None
        # What was read by a clock that was ahead is not young for longer once that is set back.
        self._read_at = min(self._read_at, now)
        if self._reload_at <= now or now < self._asked_at:
            try:
                stamp, text = self._read()
                if digest(text) != self._digest:
                    self._take(self._sound(text), text, stamp, now)
                    return
                self._stamp, self._read_at = stamp, now
                self._plan(self._reload_every, began=now)
            except CookieSessionsError as error:
                self._tell_of_failure(error, now)
                self._plan(min(RETRY_SECONDS, self._reload_every), began=now)
        if not self._is_too_old(now):
            self._resolve(now)

    def _is_too_old(self, now: float) -> bool:
        return now - self._read_at >= self._max_age

    def _sound(self, text: bytes) -> KeySet:
        """What a changed text says; where entries are damaged, beside what was good before."""
        assert self._keys is not None
        parsed: Parsed = parse_leniently(text, origin=self._source.name)
        for fault in parsed.faults:
            self._note(EventName.KEY_DAMAGED, fault=fault)
        keys = merge(parsed.keys, self._keys) if parsed.faults else parsed.keys
        # A ring that was restored from a backup, say, must not let a leaked key in again.
        for entry in self._keys.entries:
            now = keys.get(entry.kid)
            if entry.revoked and not (now and now.revoked):
                self._note(EventName.KEYS_REVOCATION_LOST, kid=entry.kid.hex())
                keys = keys.with_entry(dataclasses.replace(entry, key=None))
        return keys

    def _take(self, keys: KeySet, text: bytes, stamp: object, now: float) -> None:
        self._keys = keys
        self._digest = digest(text)
        self._stamp = stamp
        self._read_at = now
        self._plan(self._reload_every, began=now)
        self._resolve(now)
        self._note(EventName.KEYS_LOADED, generation=keys.generation, keys=len(keys.entries))

    def _resolve(self, now: float) -> None:
        assert self._keys is not None
        resolution = self._keys.resolve(now)
        if _is_overdue(resolution, now):
            self._note(EventName.KEYS_OVERDUE)
        self._ring = self._keys.ring(now)
        too_old_at = self._read_at + self._max_age
        self._fresh_until = min(self._reload_at, resolution.next_change, too_old_at)
        if self._unheeded:
            # Somebody asked for another reading while this one was under way.
            self._reload_at = self._fresh_until = -math.inf

    def _plan(self, seconds: float, *, began: float) -> None:
        # From when it answered: one that takes long to fail would else never be left alone.
        now = self._asked_at = clock.now()
        early = int.from_bytes(os.urandom(2), "big") / 65_536 * _JITTER
        # What was read, or failed, before a freeze says nothing of the time after it.
        frozen = not 0 <= now - began < FROZEN_SECONDS
        self._reload_at = now if frozen else now + seconds * (1 - early)

    def _read(self) -> tuple[object, bytes]:
        self._unheeded = False
        try:
            # The stamp first: what changes in between is then read again.
            stamp = self._stamp = self._source.stamp()
            return stamp, self._source.read()
        except CookieSessionsError as error:
            # The frames of a source hold what it read, and reporters of errors record the locals
            # of frames: the error goes on without them.
            raise error.with_traceback(None) from None
        except Exception as error:  # noqa: BLE001
            # What went wrong inside a source may hold key material: only its kind is passed on.
            fault = type(error).__name__
        raise ConfigurationError(
            f"The key source {self._source.name} failed with {fault}, so no session can be opened "
            f"or sealed. Correct the source, or configure file: or env: instead."
        )

    def _note(self, name: EventName, **details: str | int) -> None:
        # Whoever is told may use a session, and so this object: first the lock is let go.
        self._untold.append((name, details))

    def _tell(self) -> None:
        while self._untold:
            try:
                name, details = self._untold.popleft()
            except IndexError:
                # Another thread has told of it.
                return
            self._events.emit(name, reason=None, **details)

    def _tell_of_failure(self, error: CookieSessionsError, now: float) -> None:
        age = max(0, int(now - self._read_at))
        self._note(EventName.KEYS_UNREADABLE, fault=str(error), age=age)
        if age > STALE_SECONDS:
            self._note(EventName.KEYS_STALE, age=age)

    def _after_fork(self) -> None:
        # A thread of the parent may have held the lock, and the children's plans would coincide.
        self._lock = threading.Lock()
        self._untold.clear()
        self._rests_until = -math.inf
        self._reload_at = self._fresh_until = min(self._reload_at, self._asked_at)


def _is_overdue(resolution: Resolution, now: float) -> bool:
    """Whether no key may seal; one that a clock made that is a little ahead may."""
    primary = resolution.primary
    return resolution.overdue and not (primary and now < primary.begins <= now + SKEW)


def _why_not(entry: KeyEntry, now: float) -> str:
    if entry.mark is not None:
        return str(entry.mark)
    return "not yet at its beginning (nbf)" if entry.begins > now else "past its end (exp)"


_providers: Final[weakref.WeakSet[KeyProvider]] = weakref.WeakSet()


def _after_fork() -> None:
    for provider in _providers:
        provider._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
