"""When a session ends, and when its end is due to be moved."""

from __future__ import annotations

from typing import NamedTuple

from cookie_sessions.claims import Claims
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import Reason

_UNTOUCHED_SECONDS = 60
_UNTOUCHED_FRACTION = 0.01


class Timeouts(NamedTuple):
    """The timeouts in force, in seconds.

    Attributes:
        idle: how long a session lives after it was last written or refreshed.
        absolute: how long it lives after it began, whatever happens; None: no such end.
    """

    idle: int
    absolute: int | None = None

    @property
    def longest(self) -> int:
        """How long a session lives at most after it was written, in seconds."""
        return self.idle if self.absolute is None else min(self.idle, self.absolute)

    def until(self, *, now: float, iat: int) -> int:
        """The end that a write or a refresh seals, in seconds since the epoch."""
        end = int(now) + self.idle
        return end if self.absolute is None else min(end, iat + self.absolute)

    def verdict(self, claims: Claims, *, sealed_at: int, now: float) -> Reason | None:
        """Say why a session is over, or None while it lives.

        Settings shorten a sealed end and never lengthen it.

        Args:
            claims: the session's.
            sealed_at: when the cookie was sealed, in seconds since the epoch.
            now: seconds since the epoch.
        """
        # ``since`` may lie further ahead: it is set just beyond a mark, which allows for clocks.
        if claims.iat > now + SKEW or (claims.auth_time or 0) > now + SKEW:
            return Reason.NOT_YET_VALID
        seconds = int(now)
        if self.absolute is not None and seconds > claims.iat + self.absolute:
            return Reason.EXPIRED_ABSOLUTE
        if seconds > claims.until or seconds > sealed_at + self.idle:
            return Reason.EXPIRED_IDLE
        return None

    def refresh_due(self, *, sealed_at: int, now: float) -> bool:
        """Whether a session that the request did not touch is old enough to have its end moved.

        Args:
            sealed_at: when the cookie was sealed, in seconds since the epoch.
            now: seconds since the epoch.

        Returns:
            True from the smaller of 60 seconds and a hundredth of the idle timeout on.
        """
        return now - sealed_at >= min(_UNTOUCHED_SECONDS, self.idle * _UNTOUCHED_FRACTION)
