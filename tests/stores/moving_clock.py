"""A clock that stands until a test moves it, for stores that ask ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cookie_sessions import clock


class MovingClock:
    """The present of the package: a quarter of a second after a whole one, then as told."""

    def __init__(self) -> None:
        self._now = int(time.time()) + 0.25

    def now(self) -> float:
        return self._now

    def wait_until(self, moment: float) -> None:
        """Make it ``moment``, without waiting; never goes back."""
        self._now = max(self._now, moment)


@contextmanager
def moving_clock() -> Iterator[MovingClock]:
    """Put a standing clock in the place of the real one."""
    standing = MovingClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", standing.now)
        yield standing


def sleep_until(moment: float) -> None:
    """Return when ``moment`` has come by the real clock: for stores whose server compares."""
    while (left := moment + 0.01 - time.time()) > 0:
        time.sleep(left)
