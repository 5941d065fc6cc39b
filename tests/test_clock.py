"""There is one clock, and one allowance for what others show."""

from __future__ import annotations

import time

from cookie_sessions import clock


def test_the_clock_is_the_wall_clock_in_seconds() -> None:
    before = time.time()
    assert before <= clock.now() <= time.time()


def test_durations_are_measured_on_a_clock_that_only_moves_forward() -> None:
    before = clock.ticks()
    time.sleep(0.01)
    assert 0.005 < clock.ticks() - before < 10


def test_clocks_may_differ_by_five_minutes() -> None:
    assert clock.SKEW == 300
