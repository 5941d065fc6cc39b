"""The only reader of time. Everything else takes ``now`` as an argument."""

from __future__ import annotations

import time

SKEW = 300
"""Seconds by which two clocks may differ: one constant for ring, envelope, claims and marks."""


def now() -> float:
    """The wall clock, in seconds since the epoch."""
    return time.time()


def ticks() -> float:
    """Seconds on a clock that nobody sets, from any beginning: to measure how long things take."""
    return time.perf_counter()
