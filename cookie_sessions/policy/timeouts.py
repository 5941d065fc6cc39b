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
        remember: how long one lives that is remembered, whether it is used or not; None: none is.
        refresh: the part of the idle timeout after which a session that is used has its end moved;
            None: by Flask's rule, with each response.
        all_slide: whether the end of every session moves, and not only of permanent ones.
    """

    idle: int
    absolute: int | None = None
    remember: int | None = None
    refresh: float | None = None
    all_slide: bool = False

    @property
    def longest(self) -> int:
        """How long a session lives at most after it was written, in seconds."""
        used = self.idle if self.absolute is None else min(self.idle, self.absolute)
        return max(used, self.remember or 0)

    def lasts(self, claims: Claims) -> int | None:
        """How long a remembered session lives after it began, in seconds; None for any other."""
        if claims.lasts is None or self.remember is None:
            return None
        return min(claims.lasts, self.remember)

    def until(self, *, now: float, claims: Claims) -> int:
        """The end that a write or a refresh seals, in seconds since the epoch."""
        lasts = None if claims.lasts is None else self.lasts(claims)
        if lasts is not None:
            return claims.iat + lasts
        end = int(now) + self.idle
        return end if self.absolute is None else min(end, claims.iat + self.absolute)

    def kept_until(self, claims: Claims, *, sealed_at: int) -> int:
        """The end of a session whose end is not moved, by the settings of now.

        Args:
            claims: the session's.
            sealed_at: when its cookie was sealed, in seconds since the epoch.
        """
        lasts = None if claims.lasts is None else self.lasts(claims)
        return min(claims.until, sealed_at + self.idle if lasts is None else claims.iat + lasts)

    def verdict(self, claims: Claims, *, sealed_at: int, now: float) -> Reason | None:
        """Say why a session is over, or None while it lives.

        Settings shorten a sealed end and never lengthen it.

        Args:
            claims: the session's.
            sealed_at: when the cookie was sealed, in seconds since the epoch.
            now: seconds since the epoch.
        """
        # ``since`` may lie further ahead: it is set just beyond a mark, which allows for clocks.
        latest = now + SKEW
        if claims.iat > latest or (claims.auth_time or 0) > latest:
            return Reason.NOT_YET_VALID
        seconds = int(now)
        absolute = self.absolute
        if claims.lasts is not None and self.remember is not None:
            absolute = self.lasts(claims)
        if absolute is not None and seconds > claims.iat + absolute:
            return Reason.EXPIRED_ABSOLUTE
        if seconds > self.kept_until(claims, sealed_at=sealed_at):
            return Reason.EXPIRED_IDLE
        return None

    def refresh_due(self, *, sealed_at: int, now: float) -> bool:
        """Whether a session is old enough to have its end moved by a request that changed nothing.

        Args:
            sealed_at: when the cookie was sealed, in seconds since the epoch.
            now: seconds since the epoch.

        Returns:
            True from the settable part of the idle timeout on; by Flask's rule, which is for
            sessions that the request did not touch, from the smaller of 60 seconds and a hundredth
            of it on.
        """
        if self.refresh is not None:
            return now - sealed_at >= self.idle * self.refresh
        return now - sealed_at >= min(_UNTOUCHED_SECONDS, self.idle * _UNTOUCHED_FRACTION)
