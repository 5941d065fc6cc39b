"""How long one call may wait for a server that does not answer."""

from __future__ import annotations

from typing import Final

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError

LONGEST_SECONDS: Final = 60
"""A longer wait would be a stop: whoever asks gave up before."""

_LEAST: Final = 0.001
_FOR_CONNECTING: Final = 0.5


def checked_timeout(timeout: float | None) -> float | None:
    """The time-out, if it may be one.

    Args:
        timeout: in seconds, or None for what the store waits by itself.

    Raises:
        ConfigurationError: it is 0 or less, longer than :data:`LONGEST_SECONDS`, or no number.
    """
    if timeout is None or 0 < timeout <= LONGEST_SECONDS:
        return timeout
    raise ConfigurationError(
        f"A store was given a time-out that it can't wait for. Give seconds above 0, at most "
        f"{LONGEST_SECONDS}, such as 0.25, or None for what the store waits by itself."
    )


class Countdown:
    """What is left of a time-out that several waits share, one after another.

    It goes by the clock of the package. One that is set back can't make a wait longer than the
    whole time-out, and one that is set forward ends the call that is under way.

    Args:
        seconds: the whole.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: float | None = None

    def begin(self) -> None:
        """Have the whole time-out again, from now on."""
        self._ends = clock.now() + self._seconds

    def left(self, *, share: float = 1) -> float:
        """How long the next wait may be, in seconds: never 0, which sockets take as "at once".

        Args:
            share: the part of the whole that it may take at most.
        """
        most = self._seconds * share
        return most if self._ends is None else min(most, max(_LEAST, self._ends - clock.now()))

    def for_connecting(self, *, share: float = 1) -> float:
        """How long one address may be tried: half of what is left.

        So an address that leads nowhere leaves time for the next one of the same name.
        """
        return max(_LEAST, min(self._seconds * share, self.left() * _FOR_CONNECTING))
