"""The tables and the picture of a load under gunicorn."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from benchmarks import machine
from benchmarks.drawing import Bar, bars
from benchmarks.load import CONNECTIONS, OPERATIONS, THREADS, Loads
from benchmarks.load_generator import Load
from benchmarks.noise import loose, verdict
from benchmarks.peers import DEFAULT, OURS
from benchmarks.publication import Report
from benchmarks.requests import CONTROL, EMPTY
from benchmarks.served import CANDIDATES, LISTED
from benchmarks.stored import THEIRS
from benchmarks.tables import table, times
from benchmarks.timing import Spread, geometric_mean, median

BUSIEST: Final = 0.7
"""The part of its time that a generator may compute for without being in the way of the server."""

PICTURE: Final = "benchmarks-load.svg"

_TITLES: Final = {
    EMPTY: "no session at all",
    DEFAULT: "Flask's default",
    THEIRS: "Flask-Session, Redis",
    OURS: "ours",
    LISTED: "ours, list of ended sessions in Redis",
}


def report(found: Loads) -> Report:
    """What came of a load, for people and for the pages."""
    head = ["# Under gunicorn", *machine.describe()]
    if found.why_not:
        return Report("\n\n".join([*head, f"Not measured: {found.why_not}."]) + "\n")
    rounds = len(found.loads[OPERATIONS[0]][DEFAULT])
    noise = Spread.of(_control(found))
    figures = table(
        [
            *("the request", "session", "requests/s", "p50, ms", "p99, ms"),
            *("times Flask's requests/s", "times Flask's p99"),
        ],
        list(_rows(found)),
    )
    told = verdict(noise, what="Flask's default", rounds=rounds)
    quote = f"{figures}\n\n{told} {loose(_ratios(found))}".rstrip()
    kind = "permanent" if found.permanent else "not permanent"
    text = [
        *head,
        *_bottleneck(found),
        (
            f"A login's session ({found.shape}), {kind}; {CONNECTIONS} connections that stay open, "
            f"each of which sends its next request when it has its answer; one gunicorn process of "
            f"{THREADS} threads for each. In brackets the 10th and 90th percentile of the rounds."
        ),
        quote,
    ]
    if found.without:
        text.append(f"Without Redis: {found.without}.")
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"load": quote},
        pictures={PICTURE: _picture(found)},
        figures={"load": asdict(found), "load_noise": asdict(noise)},
    )


def _against(loads: Sequence[Load], others: Sequence[Load]) -> list[float]:
    pairs = zip(loads, others, strict=True)
    return [one.per_second / other.per_second for one, other in pairs]


def _slower(loads: Sequence[Load], others: Sequence[Load]) -> list[float]:
    return [one.p99 / other.p99 for one, other in zip(loads, others, strict=True)]


def _ratios(found: Loads) -> dict[str, Spread]:
    return {
        f"{operation}, {_TITLES[name]}, {what}": Spread.of(against(by_name[name], by_name[DEFAULT]))
        for operation, by_name in found.loads.items()
        for name in _shown(found)
        if name != DEFAULT
        for what, against in (("requests/s", _against), ("p99", _slower))
    }


def _control(found: Loads) -> list[float]:
    table = [_against(by_name[CONTROL], by_name[DEFAULT]) for by_name in found.loads.values()]
    return [geometric_mean(row) for row in zip(*table, strict=True)]


def _shown(found: Loads) -> list[str]:
    return [name for name in CANDIDATES if name in _TITLES and name in found.loads[OPERATIONS[0]]]


def _rows(found: Loads) -> Iterator[list[str]]:
    for operation, by_name in found.loads.items():
        for name in _shown(found):
            loads, theirs = by_name[name], by_name[DEFAULT]
            yield [
                operation,
                _TITLES[name],
                f"{median(load.per_second for load in loads):.0f}",
                *(
                    f"{median(each) * 1e3:.2f}"
                    for each in ([x.p50 for x in loads], [x.p99 for x in loads])
                ),
                "1" if name == DEFAULT else times(Spread.of(_against(loads, theirs))),
                "1" if name == DEFAULT else times(Spread.of(_slower(loads, theirs))),
            ]


def _bottleneck(found: Loads) -> Iterator[str]:
    busy = max(
        median(load.busy for load in loads)
        for by_name in found.loads.values()
        for loads in by_name.values()
    )
    told = f"The load generator computed for at most {busy:.0%} of the time"
    if busy > BUSIEST:
        yield (
            f"**{told}: it is the bottleneck.** The servers could answer more than these figures "
            f"say, and the ratios are closer to 1 than they are."
        )
    else:
        yield f"{told}, so it is not the bottleneck (limit: {BUSIEST:.0%})."
    processors = os.cpu_count() or 1
    if processors < 3:
        yield (
            f"There are {processors} logical processors for the server, the generator and Redis, "
            f"so those that ask Redis share theirs with it."
        )


def _picture(found: Loads) -> str:
    groups = {
        operation: [
            Bar(
                _TITLES[name],
                median(load.per_second for load in by_name[name]),
                name in (OURS, LISTED),
            )
            for name in _shown(found)
        ]
        for operation, by_name in found.loads.items()
    }
    return bars("Requests per second under gunicorn, one process", groups)
