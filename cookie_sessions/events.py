"""What happens to sessions, by name: for metrics, logs and signals. No personal data.

Every event is a log record of the logger ``cookie_sessions`` and a call of each subscriber. What
each one tells stands in docs/events.md.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from cookie_sessions.errors import CsrfReason, Reason

if TYPE_CHECKING:
    from logging import Logger

LOGGER: Final = "cookie_sessions"
_DEBUG, _INFO, _WARNING = 10, 20, 30


class EventName(enum.StrEnum):
    """The catalogue of events."""

    OPENED = "opened"
    """A cookie was opened, and its session lives."""
    CREATED = "created"
    """A new session was written for the first time."""
    WRITTEN = "written"
    """A session that came was written with what changed in it."""
    REFRESHED = "refreshed"
    """A session was written as it came: its end moved, or it has another name or key."""
    MIGRATED = "migrated"
    """A session was written in another form than it came in; ``to`` is "sealed" or "flask"."""
    REJECTED = "rejected"
    """A cookie was refused; ``reason`` says why."""
    CSRF_REJECTED = "csrf_rejected"
    """A request was refused as forged; ``reason`` says why."""
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
    HANDED_OFF = "handed_off"
    """A user was handed over from another domain and has been taken in."""
    HANDOFF_REFUSED = "handoff_refused"
    """A hand-off between domains was refused; ``why`` says it."""
    VALUE_UNDECODABLE = "value_undecodable"
    """One value can't be unpacked here; it reads as absent and is copied forward untouched."""
    VALUE_LOST = "value_lost"
    """One value is not in the overflow store, or was altered there; it reads as absent."""
    OVERFLOW = "overflow"
    """Values were moved to the overflow store: ``values`` says how many."""
    OVERSIZE = "oversize"
    """A session did not fit its cookie and was not written."""
    CROWDED = "crowded"
    """The cookies of others leave too little room: the next request may be refused for its length,
    or the response had no room to delete what stands in the way."""
    SAMPLING_FAILED = "sampling_failed"
    """What a session shares with others could not be counted, as ``fault`` says; for a minute
    nothing is looked at."""
    COOKIES_CUT = "cookies_cut"
    """Cookies were lost, or will be, between the gateway and the application: of so many ``lines``
    so many are ``kept``; ``way`` is "set" for what a response sets, "sent" for what one brings."""
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


FREQUENT: Final = frozenset({EventName.OPENED, EventName.WRITTEN, EventName.REFRESHED})
"""What happens in most requests: told to those alone who ask for it by name, and to the log."""

_LEVELS: Final[Mapping[EventName, int]] = {
    **dict.fromkeys(EventName, _WARNING),
    **dict.fromkeys(FREQUENT, _DEBUG),
    EventName.OVERFLOW: _DEBUG,
    EventName.CREATED: _DEBUG,
    EventName.MIGRATED: _DEBUG,
    EventName.REGENERATED: _DEBUG,
    EventName.DESTROYED: _DEBUG,
    EventName.ANOMALY: _INFO,
    EventName.REVOKED: _INFO,
    EventName.REVOCATIONS_BACK: _INFO,
    EventName.SNAPSHOT_LOADED: _INFO,
    EventName.REJECTED: _INFO,
    EventName.CSRF_REJECTED: _INFO,
    EventName.HANDED_OFF: _INFO,
    EventName.HANDOFF_REFUSED: _INFO,
    EventName.KEYS_LOADED: _INFO,
}


Fact: TypeAlias = str | int | float
"""One detail of an event: a count, octets, seconds, or a word out of a small set."""


class Event(NamedTuple):
    """One thing that happened.

    Attributes:
        name: what it was.
        reason: why a cookie or a request was refused, for ``rejected`` and ``csrf_rejected``.
        details: short facts such as octets or a place in the code; never a key, an id or data.
    """

    name: EventName
    reason: Reason | CsrfReason | None = None
    details: Mapping[str, Fact] = {}

    def __str__(self) -> str:
        facts = {"reason": self.reason, **self.details} if self.reason else self.details
        return " ".join([self.name, *(f"{key}={fact}" for key, fact in facts.items())])

    @property
    def fields(self) -> dict[str, Fact | None]:
        """The event as fields of a log record.

        Details have ``event_`` before their names, so that none is taken for a field that records
        have themselves, such as ``name`` or ``process``.
        """
        details = {f"event_{key}": fact for key, fact in self.details.items()}
        return {"event": self.name, "reason": self.reason, **details}


Subscriber: TypeAlias = Callable[[Event], object]
Wanted: TypeAlias = Callable[[EventName], bool]


class Events:
    """Passes each event on to the log and to those who subscribed; never raises."""

    def __init__(self) -> None:
        self._heard: dict[EventName, tuple[tuple[Subscriber, Wanted | None], ...]] = {}
        self._logger: Logger | None = None

    def subscribe(
        self,
        subscriber: Subscriber,
        *,
        names: Iterable[EventName] | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        """Call ``subscriber`` with each event from now on, in the thread where it happens.

        Args:
            subscriber: called with the event. What it raises goes to the log, by its type alone.
            names: the events to be told of; None: all but the ``FREQUENT`` ones, which cost
                something in most requests.
            wanted: asked each time whether an event is worth telling, and never raises; None: it
                is.
        """
        for name in EventName if names is None else frozenset(names):
            if names is not None or name not in FREQUENT:
                self._heard[name] = (*self._heard.get(name, ()), (subscriber, wanted))

    def wants(self, name: EventName) -> bool:
        """Whether anybody hears of such an event: to be asked before its details are measured."""
        # Asked in every request that opens a session, so it goes straight to what answers.
        if name in self._heard:
            for _, wanted in self._heard[name]:
                if wanted is None or wanted(name):
                    return True
        logger = self._logger
        return self._is_logged(name) if logger is None else logger.isEnabledFor(_LEVELS[name])

    def emit(
        self, name: EventName, *, reason: Reason | CsrfReason | None = None, **details: Fact
    ) -> None:
        """Pass one event on, if anybody hears of it."""
        logged = self._is_logged(name)
        heard = self._heard.get(name, ())
        if not logged and not heard:
            return
        event = Event(name, reason, details)
        if logged:
            self._log().log(_LEVELS[name], "%s", event, extra=event.fields)
        for subscriber, wanted in heard:
            try:
                if wanted is None or wanted(name):
                    subscriber(event)
            except Exception as error:  # noqa: BLE001 - a broken metric must not break the visitor.
                who, kind = _name_of(subscriber), type(error).__name__
                self._log().error("The subscriber %s of events failed with %s.", who, kind)

    def _is_logged(self, name: EventName) -> bool:
        level = _LEVELS[name]
        # Without anybody who loaded it, it is as it comes: from warnings on.
        if self._logger is None and level < _WARNING and "logging" not in sys.modules:
            return False
        return self._log().isEnabledFor(level)

    def _log(self) -> Logger:
        if self._logger is None:
            # Imported here because logging is the dearest import of a cold start.
            import logging

            self._logger = logging.getLogger(LOGGER)
        return self._logger


def _name_of(subscriber: Subscriber) -> str:
    """A function's name; of any other object that of its class, for asking it runs its code."""
    if isinstance(subscriber, (FunctionType, MethodType)):
        return subscriber.__qualname__
    return type(subscriber).__qualname__
