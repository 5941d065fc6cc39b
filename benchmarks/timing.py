"""Timing in rounds: candidates take turns, ratios are formed within a round, medians over them.

What disturbs the machine for a while then falls on all candidates alike, and one bad round
moves neither the median nor, much, the 10th and 90th percentiles printed beside it.
"""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")

RESOLUTION = 1e-7
"""Seconds: a difference below this counts as this much, being within the timer's noise."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of many ratios and how far they lie apart.

    Attributes:
        low: the 10th percentile.
        middle: the median.
        high: the 90th percentile.
    """

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of ``values``, of which there is at least one."""
        ordered = sorted(values)
        return cls(_at(ordered, 0.1), _at(ordered, 0.5), _at(ordered, 0.9))

    @property
    def width(self) -> float:
        """The distance from ``low`` to ``high`` as a share of ``middle``."""
        return (self.high - self.low) / self.middle


def _at(ordered: Sequence[float], share: float) -> float:
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def median(values: Iterable[float]) -> float:
    """The median of ``values``, of which there is at least one."""
    return _at(sorted(values), 0.5)


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of positive ``values``, of which there is at least one."""
    logarithms = [math.log(value) for value in values]
    return math.exp(math.fsum(logarithms) / len(logarithms))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Round by round, how many times ``above`` costs what ``below`` costs (both in seconds)."""
    pairs = zip(above, below, strict=True)
    return [max(one, RESOLUTION) / max(other, RESOLUTION) for one, other in pairs]


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection inside; one complete collection before."""
    gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def turns(names: Sequence[_Item], turn: int) -> list[_Item]:
    """``names`` in another order each turn, drawn by its number: none always follows the same."""
    return random.Random(turn).sample(names, len(names))


def rounds(
    calls: Mapping[str, Callable[[], object]], *, count: int, seconds: float
) -> dict[str, list[float]]:
    """Seconds per call of each candidate, for each of ``count`` rounds.

    Args:
        calls: the candidates by name.
        count: number of rounds.
        seconds: how long one candidate runs in one round, about.
    """
    repeats = {name: _repeats(call, seconds) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(count):
        with undisturbed():
            for name in turns(list(calls), number):
                times[name].append(_time(calls[name], repeats[name]))
    return times


def _repeats(call: Callable[[], object], seconds: float) -> int:
    call()
    number = 1
    while (taken := _time(call, number) * number) < seconds / 4:
        number = max(number * 2, int(number * seconds / max(taken, 1e-9) / 4))
    return max(1, int(number * seconds / taken))


def _time(call: Callable[[], object], number: int) -> float:
    repeat = [None] * number
    start = time.perf_counter()
    for _ in repeat:
        call()
    return (time.perf_counter() - start) / number
