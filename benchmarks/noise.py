"""When a run is too noisy: one peer is measured twice, and the two should cost the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from benchmarks.requests import Cell
from benchmarks.tables import times
from benchmarks.timing import Spread, geometric_mean

WIDEST: Final = 0.10
"""The widest spread of a peer against itself, as a share of its median, that is no noise."""

FURTHEST: Final = 0.05
"""The furthest that this median may lie from 1."""


LOOSEST: Final = 0.30
"""The widest spread of a figure that is compared with a mark, as a share of its median."""


def is_noisy(control: Spread) -> bool:
    """Whether a run whose control spreads like this is too noisy to be quoted."""
    return control.width > WIDEST or abs(control.middle - 1) > FURTHEST


def between(cells: Iterable[Cell], again: str, once: str) -> Spread:
    """How many times one candidate costs what the very same costs, in requests that read a key.

    Args:
        cells: requests in which it was measured twice; those that do something else don't count.
        again: what it is called the second time.
        once: what it is called the first time.
    """
    rows = [cell.cheaper(once, again) for cell in cells if cell.operation == "read"]
    return Spread.of(geometric_mean(row) for row in zip(*rows, strict=True))


def verdict(control: Spread, *, what: str, rounds: int) -> str:
    """What the control says of a run, in words.

    Args:
        control: round by round, how many times it cost what the very same cost.
        what: which peer was measured twice, and in what.
        rounds: how many.
    """
    told = f"Control, {what} against itself over {rounds} rounds: {times(control)}."
    if is_noisy(control):
        told += (
            f" **Too much noise**: a control should spread over at most {WIDEST:.0%} and lie "
            f"within {FURTHEST:.0%} of 1. Don't quote these figures; let the machine rest and run "
            "again."
        )
    return told


def loose(figures: Mapping[str, Spread]) -> str:
    """What is to be said of figures that spread too far to be held against a mark; mostly nothing.

    Args:
        figures: how far they spread, by their titles.
    """
    found = [title for title, spread in figures.items() if spread.width > LOOSEST]
    if not found:
        return ""
    return (
        f"**Too much noise** in what spreads over more than {LOOSEST:.0%}, which is not to be "
        f"quoted: {'; '.join(found)}."
    )
