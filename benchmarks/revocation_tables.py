"""The tables of what a list of ended sessions costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from benchmarks.checks import COUNTS, ENDED, LIVES, MANY, Check, check, many_against
from benchmarks.listed import AGAIN, ASKS, ENTRIES, REMEMBERS, STALENESS, Listed, check_alone
from benchmarks.marks import BY_NAME
from benchmarks.noise import between, loose, verdict
from benchmarks.peers import OURS
from benchmarks.requests import Cell
from benchmarks.results import Results
from benchmarks.snapshots import ABSENT, LISTED
from benchmarks.stored import THEIRS
from benchmarks.tables import cheaper, micro, reached, table, times, times_if_any
from benchmarks.timing import Spread, median, ratios

_IN_MEMORY: Final = {
    LIVES: "check one that lives, in memory",
    ENDED: "check one that has ended, in memory",
}
_IN_SNAPSHOTS: Final = {
    LIVES: "check one that lives, in a snapshot",
    ENDED: "check one that has ended, in a snapshot",
    ABSENT: "the search in a snapshot alone, for one that lives",
    LISTED: "the search in a snapshot alone, for one that has ended",
}
_WAYS: Final = {OURS: "no list", REMEMBERS: "remembered", ASKS: "asked"}


def lists(results: Results) -> Iterator[str]:
    """Lists in memory and in snapshots, from one entry to a million."""
    yield (
        f"What it costs to ask a list whether a session has ended, by how many are on it. A check "
        f"asks for the session, for its owner's mark and for that of all; nothing is remembered. "
        f"In brackets as before, each against a list of {COUNTS[0]} and of {COUNTS[1]:,}."
    )
    rows = [
        *_lengths(results.checks, _IN_MEMORY),
        *_lengths(results.snapshots.lookups, _IN_SNAPSHOTS),
    ]
    head = ["", *(f"{entries:,}, µs" for entries in COUNTS)]
    yield table([*head, *(f"{MANY:,}, times {entries:,}" for entries in COUNTS[:-1])], rows)
    yield table(["", "figure", "mark", ""], list(_figures(results)))


def requests(listed: Listed) -> Iterator[str]:
    """Requests and loads with a list in Redis, against Flask-Session on the same one."""
    if listed.why_not:
        yield f"Not measured: {listed.why_not}."
        return
    yield (
        f"A login's session, and {ENTRIES:,} ended ones on a list in Redis. Ours is in the cookie "
        f"and asks whether it has ended: each time, or for {STALENESS[REMEMBERS]:g} s it goes by "
        f"what the process was told. {THEIRS} has all of the session in the same Redis. To load is "
        f"to open the session that a request brings and to read a key of it."
    )
    theirs = listed.loads[THEIRS]
    titles = {
        THEIRS: f"load, {THEIRS}",
        OURS: f"load, {OURS} without a list",
        REMEMBERS: f"load, {REMEMBERS}",
        ASKS: f"load, {ASKS}",
        check_alone(REMEMBERS): "the check alone, remembered",
        check_alone(ASKS): "the check alone, asked",
    }
    spreads = {name: Spread.of(ratios(theirs, listed.loads[name])) for name in titles}
    rows = [
        [
            title,
            micro(median(listed.loads[name])),
            "" if name == THEIRS else times(spreads[name], digits=1),
        ]
        for name, title in titles.items()
    ]
    yield table(["", "µs", f"times cheaper than {THEIRS}'s load"], rows)
    yield "What the session costs a request, as above:"
    rows = [
        [
            cell.operation,
            cell.kind,
            *(micro(median(cell.costs(name))) for name in (THEIRS, *_WAYS)),
            *(times_if_any(spread, digits=1) for spread in _ratios(cell).values()),
        ]
        for cell in listed.cells
    ]
    head = ["operation", "kind", f"{THEIRS}, µs", *(f"{way}, µs" for way in _WAYS.values())]
    yield table([*head, *_ratios(listed.cells[0])], rows)
    printed = {title: spreads[name] for name, title in titles.items()}
    printed |= {
        f"{cell.operation}, {cell.kind}, {title}": spread
        for cell in listed.cells
        for title, spread in _ratios(cell).items()
        if spread
    }
    control = between(listed.cells, AGAIN, OURS)
    told = verdict(control, what="no list", rounds=len(listed.cells[0].times[OURS]))
    yield f"{told} {loose(printed)}".rstrip()


def _ratios(cell: Cell) -> dict[str, Spread | None]:
    """The ratios of one row, by the heads of their columns."""
    found = {
        f"{way}, times cheaper than {THEIRS}": cheaper(cell, name, than=THEIRS)
        for name, way in _WAYS.items()
    }
    for name in (REMEMBERS, ASKS):
        found[f"{_WAYS[name]}, times no list"] = cheaper(cell, OURS, than=name)
    return found


def _lengths(found: Sequence[Check], titles: dict[str, str]) -> Iterator[list[str]]:
    for what, title in titles.items():
        taken = [micro(median(check(found, what, n).times), digits=2) for n in COUNTS]
        against = [times(Spread.of(many_against(found, what, n))) for n in COUNTS[:-1]]
        yield [title, *taken, *against]


def _figures(results: Results) -> Iterator[list[str]]:
    flat, search, octets = (BY_NAME[f"revoked {name}"] for name in ("flat", "search", "octets"))
    for mark, digits in ((flat, 2), (search, 2)):
        figure = results.figure(mark)
        told = times(figure, digits=digits)
        told += f" {mark.unit}" if mark.unit == "µs" else ""
        yield [mark.title, told, mark.text, reached(mark, figure.middle)]
    size = results.figure(octets).middle
    yield [octets.title, f"{size:.2f} MB", octets.text, reached(octets, size)]
    snapshots = results.snapshots
    load, floor = (median(taken) * 1e3 for taken in (snapshots.load, snapshots.floor))
    against = times(Spread.of(ratios(snapshots.load, snapshots.floor)), digits=1)
    yield [f"load a snapshot of {MANY:,} sessions", f"{load:.1f} ms", "", ""]
    yield ["copy, map and hash it alone", f"{floor:.1f} ms", "", ""]
    yield ["the load against that", against, "", ""]
