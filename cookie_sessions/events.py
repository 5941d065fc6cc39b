"""What happens to sessions, by name: for metrics, logs and signals. No personal data.

Every event is a log record of the logger ``cookie_sessions`` and a call of each subscriber.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from cookie_sessions.errors import Reason

LOGGER: Final = "cookie_sessions"
_DEBUG, _INFO, _WARNING = 10, 20, 30


class EventName(enum.StrEnum):
    """The catalogue of events."""

    CREATED = "created"
    """A new session was written for the first time."""
    MIGRATED = "migrated"
    """A session was written in another form than it came in; ``to`` is "sealed" or "flask"."""
    REJECTED = "rejected"
    """A cookie was refused; ``reason`` says why."""
    REGENERATED = "regenerated"
    """A session got a new id."""
    DESTROYED = "destroyed"
    """A session was ended by the application."""
    ANOMALY = "anomaly"
    """A session came from a client that is not like the one that it is bound to; ``verdict`` says
    what followed, ``properties`` what differs."""
    REVOKED = "revoked"
    """Sessions were put on the revocation list: ``what`` is session, subject, all or key."""
    NOT_REVOKED = "not_revoked"
    """A session ended in its browser alone. ``why`` is read_only, unavailable, or no_subject: it
    was nobody's, and nobody asked for it; that is told once a process."""
    FADED = "faded"
    """A change was not kept: another request gave the session a new id a moment ago."""
    REVOCATIONS_DOWN = "revocations_down"
    """The revocation list did not answer."""
    REVOCATIONS_BACK = "revocations_back"
    """The revocation list answers again."""
    UNCHECKED = "unchecked"
    """A session was accepted though the revocation list did not answer, as the settings say."""
    SNAPSHOT_LOADED = "snapshot_loaded"
    """A revocation snapshot is in force; ``seq`` is its number."""
    SNAPSHOT_REFUSED = "snapshot_refused"
    """A revocation snapshot was not taken, as ``fault`` says; the last good one stays."""
    VALUE_UNDECODABLE = "value_undecodable"
    """One value can't be unpacked here; it reads as absent and is copied forward untouched."""
    VALUE_LOST = "value_lost"
    """One value is not in the overflow store, or was altered there; it reads as absent."""
    OVERSIZE = "oversize"
    """A session did not fit its cookie and was not written."""
    CROWDED = "crowded"
    """The cookies of others leave too little room: the next request may be refused for its length,
    or the response had no room to delete what stands in the way."""
    WRITE_LOST = "write_lost"
    """The session was changed after its response had been made; ``place`` says where."""
    WRITE_IGNORED = "write_ignored"
    """The session was changed while its keys or stores were unavailable."""
    UNAVAILABLE = "unavailable"
    """A key source or a store did not answer."""
    KEYS_LOADED = "keys_loaded"
    """The key ring was read and differs from before; ``generation`` is equal where it is equal."""
    KEYS_UNREADABLE = "keys_unreadable"
    """The key source failed, as ``fault`` says; the last good ring stays, ``age`` seconds old."""
    KEYS_REVOCATION_LOST = "keys_revocation_lost"
    """The ring no longer revokes a key that it did; this process goes on refusing it."""
    KEYS_STALE = "keys_stale"
    """The key source has failed for more than a day; ``age`` in seconds."""
    KEYS_OVERDUE = "keys_overdue"
    """By its dates no key may seal any more; the last one goes on."""
    KEY_DAMAGED = "key_damaged"
    """An entry of the key ring can't be read and was left out; ``fault`` says which."""
    WEAK_KEY = "weak_key"
    """The application's secret key is too short to be a key."""


_LEVELS: Final[Mapping[EventName, int]] = {
    EventName.CREATED: _DEBUG,
    EventName.MIGRATED: _DEBUG,
    EventName.REGENERATED: _DEBUG,
    EventName.DESTROYED: _DEBUG,
    EventName.ANOMALY: _INFO,
    EventName.REVOKED: _INFO,
    EventName.REVOCATIONS_BACK: _INFO,
    EventName.SNAPSHOT_LOADED: _INFO,
    EventName.REJECTED: _INFO,
    EventName.KEYS_LOADED: _INFO,
}


class Event(NamedTuple):
    """One thing that happened.

    Attributes:
        name: what it was.
        reason: why a cookie was refused, for ``rejected``.
        details: short facts such as octets or a place in the code; never a key, an id or data.
    """

    name: EventName
    reason: Reason | None = None
    details: Mapping[str, str | int] = {}

    def __str__(self) -> str:
        facts = {"reason": self.reason, **self.details} if self.reason else self.details
        return " ".join([self.name, *(f"{key}={fact}" for key, fact in facts.items())])


Subscriber = Callable[[Event], object]


class Events:
    """Passes each event on to the log and to those who subscribed; never raises."""

    def __init__(self) -> None:
        self._subscribers: tuple[Subscriber, ...] = ()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call ``subscriber`` with each event from now on, in the thread where it happens."""
        self._subscribers = (*self._subscribers, subscriber)

    def emit(self, name: EventName, *, reason: Reason | None = None, **details: str | int) -> None:
        """Pass one event on."""
        # Imported here because logging is the dearest import of a cold start.
        import logging

        event = Event(name, reason, details)
        logger = logging.getLogger(LOGGER)
        level = _LEVELS.get(name, _WARNING)
        if logger.isEnabledFor(level):
            logger.log(level, "%s", event, extra={"event": event.name, "reason": event.reason})
        for subscriber in self._subscribers:
            try:
                subscriber(event)
            except Exception as error:  # noqa: BLE001 - a broken metric must not break the visitor.
                logger.error("A subscriber of events failed with %s.", type(error).__name__)
