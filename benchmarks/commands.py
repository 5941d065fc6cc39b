"""The longer parts of the benchmarks, each a command of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.counted import OPEN
from benchmarks.publication import Report


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: as it is typed.
        about: what it prints.
        full: measures, and tells what.
        quick: does the same in few rounds, to see that it runs.
    """

    name: str
    about: str
    full: Callable[[], Report]
    quick: Callable[[], Report]


def _peers(*, count: int, seconds: float) -> Report:
    from benchmarks import comparison

    return comparison.report(count=count, repeats=10 if count > 3 else 1, seconds=seconds)


def _load(*, count: int, seconds: float) -> Report:
    from benchmarks import load, load_tables

    found = load.measure(shape="login", permanent=True, count=count, seconds=seconds)
    return load_tables.report(found)


def _sizes(*, count: int, seconds: float) -> Report:
    from benchmarks import curve

    return curve.report(count=count, repeats=8 if count > 3 else 1, seconds=seconds)


def _threads(*, count: int, seconds: float) -> Report:
    from benchmarks import threads

    return threads.report(count=count, seconds=seconds)


def _protections(*, count: int, seconds: float) -> Report:
    from benchmarks import protections

    return protections.report(count=count, repeats=8 if count > 3 else 1, seconds=seconds)


def _ceiling(*, count: int, seconds: float) -> Report:
    from benchmarks import ceiling

    return ceiling.report(count=count, repeats=8 if count > 3 else 1, seconds=seconds)


def _claims() -> Report:
    from benchmarks import claims_octets

    return claims_octets.report()


def count_instructions(*, quick: bool, store: bool, python_only: bool = False) -> Report:
    """Count, and store the counts where asked.

    Args:
        quick: count little of the processor's, which gives no figures to go by.
        store: these counts are the stored ones from now on.
        python_only: count the instructions of Python alone.
    """
    from benchmarks import instructions

    if python_only:
        return instructions.report(number=0, names=[], store=store)
    if quick:
        return instructions.report(number=10, names=[OPEN], store=store)
    return instructions.report(number=400, store=store)


COMMANDS: Final = (
    Command(
        "peers",
        "every other way to keep a session",
        lambda: _peers(count=25, seconds=30),
        lambda: _peers(count=2, seconds=1),
    ),
    Command(
        "load",
        "requests per second and latency under gunicorn",
        lambda: _load(count=9, seconds=0.6),
        lambda: _load(count=1, seconds=0.1),
    ),
    Command(
        "sizes",
        "cost by size, from 100 octets to the budget",
        lambda: _sizes(count=30, seconds=45),
        lambda: _sizes(count=1, seconds=1),
    ),
    Command(
        "threads",
        "opening and sealing in one to eight threads",
        lambda: _threads(count=15, seconds=0.15),
        lambda: _threads(count=2, seconds=0.01),
    ),
    Command(
        "protections",
        "requests with every protection switched on",
        lambda: _protections(count=30, seconds=60),
        lambda: _protections(count=1, seconds=1),
    ),
    Command(
        "ceiling",
        "what the marks would be if opening and sealing cost nothing, and what the rest is",
        lambda: _ceiling(count=30, seconds=60),
        lambda: _ceiling(count=1, seconds=1),
    ),
    Command("claims", "which claim costs how many octets", _claims, _claims),
    Command(
        "instructions",
        "instructions of the processor and of Python, against the stored ones",
        lambda: count_instructions(quick=False, store=False),
        lambda: count_instructions(quick=True, store=False),
    ),
)
