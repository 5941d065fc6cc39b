"""What is measured of sessions, whichever library keeps the numbers.

No label ever holds what a visitor sent or what a session says: labels are names of events, reasons,
two words for the direction, and ids of keys that are in use.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Final

from cookie_sessions.events import Event, EventName, Events

OCTETS: Final = (128, 256, 512, 1024, 2048, 3072, 4096, 8192, 16_384, 32_768)
"""Bounds of the buckets for octets of cookies; one cookie takes at most 4096."""

CHUNKS: Final = (1, 2, 3, 4, 5, 6, 7, 8)
"""Bounds of the buckets for cookies of one session."""

SECONDS: Final = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1, 0.25, 1.0)
"""Bounds of the buckets for durations: from cryptography alone to a store that hardly answers."""

OPEN: Final = "open"
SEAL: Final = "seal"
WAYS: Final[Mapping[EventName, str]] = {
    EventName.OPENED: OPEN,
    EventName.CREATED: SEAL,
    EventName.WRITTEN: SEAL,
    EventName.REFRESHED: SEAL,
    EventName.MIGRATED: SEAL,
}
"""Which of the two a session was when it was measured."""

MOST_KIDS: Final = 32
"""Keys that are told apart in one process; those that come later are ``OTHER`` together."""

OTHER: Final = "other"


class Recorder(abc.ABC):
    """Turns events into numbers; subclasses keep them. Safe under threads, as its library is.

    Args:
        events: what happens to the sessions of an application.
    """

    def __init__(self, events: Events) -> None:
        self._kids: frozenset[str] = frozenset()
        self.watch(events)

    def watch(self, events: Events) -> None:
        """Count what happens to the sessions of another application in the same numbers.

        Args:
            events: what happens to them.
        """
        events.subscribe(self._record, names=EventName)

    @abc.abstractmethod
    def _count(self, name: EventName) -> None:
        """Count an event."""

    @abc.abstractmethod
    def _refuse(self, name: EventName, reason: str) -> None:
        """Count a refusal."""

    @abc.abstractmethod
    def _measure(self, way: str, *, octets: float, chunks: float, seconds: float) -> None:
        """Note what opening or sealing one session took."""

    @abc.abstractmethod
    def _use(self, way: str, kid: str) -> None:
        """Count the use of a key."""

    def _record(self, event: Event) -> None:
        self._count(event.name)
        if event.reason is not None:
            self._refuse(event.name, event.reason.value)
        way = WAYS.get(event.name)
        if way is None:
            return
        details = event.details
        self._measure(
            way,
            octets=float(details["octets"]),
            chunks=float(details["chunks"]),
            seconds=float(details["seconds"]),
        )
        # What is written in Flask's own form has no key of ours.
        if kid := str(details["kid"]):
            self._use(way, self._bounded(kid))

    def _bounded(self, kid: str) -> str:
        if kid in self._kids:
            return kid
        if len(self._kids) >= MOST_KIDS:
            return OTHER
        # Of two threads that come with a new one, one may have to come again: no lock is needed.
        self._kids |= {kid}
        return kid
