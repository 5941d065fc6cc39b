"""When the user last proved who they are, and whether this is still their browser."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cookie_sessions import clock
from cookie_sessions.errors import ReauthenticationRequired, UsageError
from cookie_sessions.identity import Identity
from cookie_sessions.intent import NOTHING

if TYPE_CHECKING:
    from cookie_sessions.policy.binding import Anomaly


class Freshness(Identity):
    """The part of :class:`cookie_sessions.session.Session` that re-authentication concerns."""

    _anomaly: Anomaly | None = None
    _wires: dict[Any, Any] | None
    _live: dict[Any, Any]
    _watched: dict[Any, bytes]
    _fetched: dict[Any, Any]

    @property
    def anomaly(self) -> Anomaly | None:
        """How the client differs from the one that the session is bound to, or None.

        It names a verdict and the properties that differ, and never says what they are. A verdict
        of "reject" is about a session that was not opened: this one is anonymous. None again once
        the user has proved who they are.
        """
        self._opened()
        return self._anomaly

    @property
    def auth_time(self) -> datetime | None:
        """When the user last proved who they are, in UTC; None where that is not known."""
        moment = self._proved_at
        return None if moment is None else datetime.fromtimestamp(moment, UTC)

    def mark_authenticated(self) -> None:
        """Note that the user has just proved who they are: by a password, or a second factor.

        The session gets a new id at once, and the old one ends as with ``supersede()``. Its idle
        and absolute timeouts begin anew, as NIST SP 800-63B-4 asks of re-authentication, and it is
        bound to the present client.
        """
        self._writable()
        if not self._unavailable:
            self._sign_in(proved=True, again=True)
            self._written = True

    def is_fresh(self, max_age: float | timedelta) -> bool:
        """Whether the user proved lately who they are, and no anomaly asks for it anew.

        Args:
            max_age: how long ago it may have been: seconds, or a timedelta.

        Raises:
            UsageError: that is no span of time.
        """
        return self._is_fresh(_seconds(max_age))

    def require_fresh(self, max_age: float | timedelta) -> None:
        """Let nobody pass who has not lately proved who they are.

        Args:
            max_age: how long ago it may have been: seconds, or a timedelta.

        Raises:
            ReauthenticationRequired: they have not; in Flask it is an HTTPException.
            UsageError: the age is no span of time.
        """
        seconds = _seconds(max_age)
        if not self._is_fresh(seconds):
            raise ReauthenticationRequired(max_age=seconds)

    def _is_fresh(self, seconds: float) -> bool:
        moment = self._proved_at
        if moment is None or clock.now() - moment > seconds:
            return False
        return self._is_trusted

    @property
    def _is_trusted(self) -> bool:
        """Whether no anomaly asks for another proof of who the user is."""
        return self._anomaly is None or self._anomaly.verdict == "anomalous"

    @property
    def _proved_at(self) -> float | None:
        self._opened()
        if self._intent.proved_at is not None:
            return self._intent.proved_at
        if self._content is None or self._claims is None:
            return None
        key = self._subject_key
        left = self._held().get(key) is not self._content.owner or self._assigned(key)
        # What somebody proved who has left says nothing of whoever comes.
        return None if left else self._claims.auth_time

    def _sign_in(self, *, proved: bool, again: bool = False) -> None:
        super()._sign_in(proved=proved, again=again)
        if proved:
            self._anomaly = None

    def _meet(self, anomaly: Anomaly) -> None:
        """Take note of an anomaly when the session is opened, and have the application hear it."""
        self._anomaly = anomaly
        told = None
        try:
            told = self._origin.tell(anomaly)
        finally:
            # Where a hook fails nobody knows what it would have said.
            if self._content is not None and (told is None or told.verdict == "reject"):
                self._turn_away()
        # Whoever signs in within a hook has proved who they are.
        if self._intent.proved_at is None:
            self._anomaly = told

    def _turn_away(self) -> None:
        """Go on as the anonymous session of a client that the cookie is not for."""
        for kept in (self._wires, self._live, self._watched, self._damaged, self._fetched):
            if kept is not None:
                kept.clear()
        self._content = self._claims = None
        self._intent = NOTHING
        self._written = False
        self._origin.turn_away()


def _seconds(max_age: object) -> float:
    seconds = math.nan
    if isinstance(max_age, timedelta):
        seconds = max_age.total_seconds()
    elif isinstance(max_age, int | float) and not isinstance(max_age, bool):
        seconds = float(max_age)
    if seconds >= 0:
        return seconds
    raise UsageError(
        f"A proof of who somebody is has an age, and {max_age!r:.60} is none. Give a number of "
        f"seconds, 0 or more, or a timedelta."
    )
