"""How figures are written: in Markdown tables, with their spread, in µs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.marks import Mark
from benchmarks.requests import Cell
from benchmarks.timing import Spread, median

LEAST_COST: Final = 10e-6
"""Seconds: what costs less drowns in the noise of requests that differ by several hundred of it."""


def reached(mark: Mark, figure: float) -> str:
    """Whether a figure keeps its mark, in words."""
    return "reached" if mark.reached(figure) else "not reached"


def times(spread: Spread, *, digits: int = 2) -> str:
    """A median with the 10th and 90th percentile in brackets."""
    low, middle, high = (f"{x:.{digits}f}" for x in (spread.low, spread.middle, spread.high))
    return f"{middle} ({low} to {high})"


def micro(seconds: float, *, digits: int = 1) -> str:
    """Seconds as µs, without a unit."""
    figure = seconds * 1e6
    return f"{figure:.{digits}f}" if figure < 100 else f"{figure:.0f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns aligned for who reads it as text."""
    lines = [list(head), *map(list, rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(head))]
    padded = [[cell.ljust(w) for cell, w in zip(line, widths, strict=True)] for line in lines]
    written = [f"| {' | '.join(line)} |" for line in padded]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([written[0], rule, *written[1:]])


def cheaper(cell: Cell, ours: str, *, than: str) -> Spread | None:
    """How many times cheaper one candidate is than another; None where one costs too little."""
    if min(median(cell.costs(name)) for name in (ours, than)) < LEAST_COST:
        return None
    return Spread.of(cell.cheaper(ours, than))


def times_if_any(spread: Spread | None, *, digits: int = 2) -> str:
    """The same as :func:`times`, or that there is too little to tell."""
    return "too little to tell" if spread is None else times(spread, digits=digits)
