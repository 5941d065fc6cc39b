"""The figures of one run, as Markdown tables and as JSON, each compared with its mark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from benchmarks.chunks import Split
from benchmarks.floor import Costs
from benchmarks.lookup import COUNTS, FIND, LAST, MIDDLE, Search, found
from benchmarks.marks import BY_NAME, MARKS, Mark
from benchmarks.operations import OPERATIONS
from benchmarks.peers import DEFAULT, FERNET, OURS, PEERS
from benchmarks.requests import CONTROL, Cell
from benchmarks.sizes import Size, against, against_line
from benchmarks.stored import COLD, THEIRS, Stored
from benchmarks.timing import RESOLUTION, Spread, geometric_mean, median, ratios

NOISE: Final = 0.10
"""The widest spread of the control against itself at which figures are to be trusted."""

LEAST_COST: Final = 10e-6
"""Seconds: what costs less drowns in the noise of requests that differ by several hundred of it."""

_SEARCHED: Final = {
    FIND: "look a key up",
    OURS: "open a cookie",
    FERNET: "MultiFernet",
    DEFAULT: "SECRET_KEY_FALLBACKS",
}


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run has measured.

    Attributes:
        machine: lines that say where and with what.
        seconds: how long the run took.
        cells: the cost of sessions in requests.
        control: Flask's interface against itself.
        sizes: octets of cookies.
        floor: opening, and packing and sealing, against the calls they can't avoid.
        imports: seconds that the core takes over its libraries, for each pair of processes.
        libraries: seconds that its libraries take by themselves.
        searches: one key among many against the only key.
        splits: sessions of one cookie and more.
        stored: sessions with a value in Redis.
    """

    machine: Sequence[str]
    seconds: float
    cells: Sequence[Cell]
    control: Cell
    sizes: Sequence[Size]
    floor: Sequence[Costs]
    imports: Sequence[float]
    libraries: Sequence[float]
    searches: Sequence[Search]
    splits: Sequence[Split]
    stored: Stored

    def cheaper(self, operation: str, than: str) -> Spread:
        """How many times cheaper we are: the geometric mean over shapes and kinds."""
        cells = [cell for cell in self.cells if cell.operation == operation]
        table = [cell.cheaper(OURS, than) for cell in cells]
        return _mean_of(table)

    def cost(self, operation: str, peer: str) -> float:
        """Seconds that the session costs: the geometric mean over shapes and kinds."""
        cells = [cell for cell in self.cells if cell.operation == operation]
        return geometric_mean(max(median(cell.costs(peer)), RESOLUTION) for cell in cells)

    def against_floor(self, what: str) -> Spread:
        """How many times the floor this costs: the geometric mean over shapes."""
        return _mean_of([costs.ratios for costs in self.floor if costs.what == what])

    def noise(self) -> Spread:
        """Flask's interface against itself: 1, but for noise."""
        return Spread.of(self.control.cheaper(CONTROL, DEFAULT))

    def figure(self, mark: Mark) -> Spread:
        """The figure that this mark is about."""
        subject, _, which = mark.name.partition(" ")
        if subject == "cost":
            return self.cheaper(which, DEFAULT)
        if subject == "floor":
            return self.against_floor(which)
        if subject == "size":
            worse = max(against(self.sizes, which, OURS), against_line(self.sizes, which, OURS))
            return Spread(worse, worse, worse)
        if subject == "import":
            return Spread.of(seconds * 1e3 for seconds in self.imports)
        return Spread.of(found(self.searches, FIND, keys=100).ratios)


def _mean_of(table: Sequence[Sequence[float]]) -> Spread:
    by_round = Spread.of(geometric_mean(row) for row in zip(*table, strict=True))
    return Spread(by_round.low, geometric_mean(median(row) for row in table), by_round.high)


def markdown(results: Results) -> str:
    """All tables, with each mark and whether it is reached."""
    sections = (
        ["# Benchmarks", *results.machine, _verdict_on_noise(results)],
        ["## What a session costs a request", *_costs(results)],
        ["## The same by shape: times cheaper than Flask's default interface", *_shapes(results)],
        ["## Against the floor", *_floor(results)],
        ["## Octets of the cookie", *_octets(results)],
        ["## One key among many", *_searches(results)],
        ["## Sessions of several cookies", *_splits(results)],
        ["## A value that no cookie holds, in Redis", *_stored(results)],
        ["## Import and look-up", *_rest(results)],
        [_summary(results)],
    )
    return "\n\n".join("\n\n".join(section) for section in sections) + "\n"


def as_json(results: Results) -> str:
    """Every figure with its mark, and what was measured by cell."""
    marks = []
    for mark in MARKS:
        figure = results.figure(mark)
        row = {**asdict(mark), **asdict(figure), "reached": mark.reached(figure.middle)}
        marks.append(row)
    document = {
        "machine": list(results.machine),
        "noise": asdict(results.noise()),
        "marks": marks,
        "cells": [asdict(cell) for cell in results.cells],
        "sizes": [asdict(size) for size in results.sizes],
        "floor": [asdict(costs) for costs in results.floor],
        "splits": [asdict(split) for split in results.splits],
        "stored": asdict(results.stored),
        "searches": [asdict(search) for search in results.searches],
    }
    return json.dumps(document, indent=1) + "\n"


def _costs(results: Results) -> Iterable[str]:
    yield (
        "Through `wsgi_app`, less the same request without a session; geometric mean over all "
        "shapes, permanent and not. In brackets the 10th and 90th percentile of the rounds."
    )
    head = ["operation", "cheaper than Flask's", "than Fernet", "mark", ""]
    rows = []
    for operation in OPERATIONS:
        mark = BY_NAME.get(f"cost {operation.name}")
        ours = results.cheaper(operation.name, DEFAULT)
        rows.append(
            [
                mark.title if mark else "read the largest value",
                _times(ours, digits=1),
                _times(results.cheaper(operation.name, FERNET), digits=1),
                mark.text if mark else "",
                _reached(mark, ours.middle) if mark else "",
                *(_micro(results.cost(operation.name, peer.name)) for peer in PEERS),
            ]
        )
    yield _table([*head, *(f"{peer.name}, µs" for peer in PEERS)], rows)


def _shapes(results: Results) -> Iterable[str]:
    shapes = list(dict.fromkeys(cell.shape for cell in results.cells))
    cells = {(cell.operation, cell.shape, cell.permanent): cell for cell in results.cells}
    rows = []
    for operation in OPERATIONS:
        for permanent in (True, False):
            row = [operation.name, "permanent" if permanent else "not permanent"]
            for shape in shapes:
                cell = cells.get((operation.name, shape, permanent))
                row.append(_by_shape(cell) if cell else "")
            rows.append(row)
    yield _table(["operation", "kind", *shapes], rows)


def _by_shape(cell: Cell) -> str:
    ratio = median(cell.cheaper(OURS, DEFAULT))
    ours, theirs = (max(median(cell.costs(name)), 0.0) for name in (OURS, DEFAULT))
    return f"{ratio:.1f} ({_micro(ours)} / {_micro(theirs)} µs)"


def _floor(results: Results) -> Iterable[str]:
    yield (
        "The floor is the sum of the C and Rust calls that no Python implementation of this "
        "design can avoid, on the same octets in the same run."
    )
    rows = []
    for what in ("open", "seal"):
        mark = BY_NAME[f"floor {what}"]
        for costs in results.floor:
            if costs.what == what:
                ratio = Spread.of(costs.ratios)
                times = [_micro(median(costs.ours)), _micro(median(costs.floor))]
                rows.append([mark.title, costs.shape, _times(ratio), "", "", *times])
        mean = results.against_floor(what)
        verdict = _reached(mark, mean.middle)
        rows.append([mark.title, "geometric mean", _times(mean), mark.text, verdict, "", ""])
    yield _table(["", "shape", "times the floor", "mark", "", "ours, µs", "floor, µs"], rows)


def _octets(results: Results) -> Iterable[str]:
    yield (
        "Permanent sessions, mean over the samples. A share is of Flask's signed cookie; the "
        "mark has to be kept by the value alone and by the whole cookie with its attributes. "
        "Browsers refuse a cookie whose name and value exceed 4096 octets."
    )
    rows = []
    for shape in dict.fromkeys(size.shape for size in results.sizes):
        mark = BY_NAME.get(f"size {shape}")
        values = {size.peer: size.value for size in results.sizes if size.shape == shape}
        shares = [
            against(results.sizes, shape, OURS),
            against_line(results.sizes, shape, OURS),
        ]
        rows.append(
            [
                shape,
                *(f"{share:.2f}" for share in shares),
                f"{against(results.sizes, shape, FERNET):.2f}",
                mark.text if mark else "",
                _reached(mark, max(shares)) if mark else "",
                *(f"{values[peer.name]:.0f}" for peer in PEERS),
            ]
        )
    head = ["shape", "value", "with attributes", "Fernet's value", "mark", ""]
    yield _table([*head, *(f"{peer.name}, octets" for peer in PEERS)], rows)


def _searches(results: Results) -> Iterable[str]:
    yield (
        "Times what it costs with one key, and µs. The peers try their keys in turn: the middle "
        "one is the mean, the last the worst. Their signers are made once, not per request."
    )
    rows = []
    for who, title in _SEARCHED.items():
        alone = found(results.searches, who, keys=1)
        row = [title, _micro(median(alone.times), digits=2)]
        for keys in COUNTS[1:]:
            for position in (MIDDLE, LAST):
                one = found(results.searches, who, keys=keys, position=position)
                ratio = median(one.ratios)
                row.append(f"{ratio:.2f} ({_micro(median(one.times), digits=2)} µs)")
        rows.append(row)
    head = ["", "1 key, µs", *(f"{n:,} keys: {one}" for n in COUNTS[1:] for one in (MIDDLE, LAST))]
    yield _table(head, rows)
    ours = found(results.searches, OURS, keys=100).times
    told = [
        f"{_SEARCHED[peer]} {_times(Spread.of(ratios(theirs.times, ours)), digits=1)} times"
        for peer in (FERNET, DEFAULT)
        for theirs in [found(results.searches, peer, keys=100)]
    ]
    yield f"Under the last of 100 keys, to open takes {' and '.join(told)} as long as with ours."


def _splits(results: Results) -> Iterable[str]:
    yield (
        "From the Cookie header to an open session, and from there to the lines of Set-Cookie, "
        "with values that nearly fill the cookies; in brackets as before."
    )
    rows = [
        [
            str(split.cookies),
            *(_micro(median(split.open)), _times(Spread.of(split.open_ratios))),
            *(_micro(median(split.seal)), _times(Spread.of(split.seal_ratios))),
        ]
        for split in results.splits
    ]
    yield _table(["cookies", "open, µs", "times one", "seal, µs", "times one"], rows)


def _stored(results: Results) -> Iterable[str]:
    stored = results.stored
    if stored.why_not:
        yield f"Not measured: {stored.why_not}."
        return
    yield (
        f"A session with a list of {stored.octets} octets; what it costs a request, as above. "
        f"With us the list is in Redis and the rest in the cookie, and a permanent session has "
        f"Redis keep the list for longer with each use; {THEIRS} keeps all of it in the same "
        f"Redis. In the last columns our process remembers nothing, so whatever reads the list "
        f"asks Redis."
    )
    rows = [
        [
            "read the list" if cell.operation == "read-largest" else cell.operation,
            "permanent" if cell.permanent else "not permanent",
            *(_micro(median(cell.costs(name))) for name in (THEIRS, OURS)),
            _times_cheaper(cell, OURS),
            _micro(median(cell.costs(COLD))),
            _times_cheaper(cell, COLD),
        ]
        for cell in stored.cells
    ]
    head = ["operation", "kind", f"{THEIRS}, µs", f"{OURS}, µs", "times cheaper"]
    yield _table([*head, "without memory, µs", "times cheaper"], rows)


def _times_cheaper(cell: Cell, ours: str) -> str:
    if median(cell.costs(ours)) < LEAST_COST:
        return "too little to tell"
    return _times(Spread.of(cell.cheaper(ours, THEIRS)), digits=1)


def _rest(results: Results) -> Iterable[str]:
    imports, lookup = BY_NAME["import"], BY_NAME["lookup key"]
    took, look = results.figure(imports), results.figure(lookup)
    millis = f"{took.middle:.1f} ms ({took.low:.1f} to {took.high:.1f})"
    rows = [
        [imports.title, millis, imports.text, _reached(imports, took.middle)],
        ["import of its libraries alone", f"{median(results.libraries) * 1e3:.1f} ms", "", ""],
        [lookup.title, _times(look), lookup.text, _reached(lookup, look.middle)],
    ]
    yield _table(["", "figure", "mark", ""], rows)


def _verdict_on_noise(results: Results) -> str:
    noise = results.noise()
    rounds = len(results.control.times[DEFAULT])
    told = f"Control, Flask's interface against itself over {rounds} rounds: {_times(noise)}."
    if noise.width > NOISE:
        told += (
            f" The spread is above {NOISE:.0%}: too much noise to trust these figures to better "
            "than that. Let the machine rest and run again."
        )
    return told


def _summary(results: Results) -> str:
    missed = [mark.title for mark in MARKS if not mark.reached(results.figure(mark).middle)]
    told = f"{len(MARKS) - len(missed)} of {len(MARKS)} marks reached"
    told += f"; not reached: {', '.join(missed)}." if missed else "."
    return f"{told} The run took {results.seconds:.0f} s."


def _reached(mark: Mark, figure: float) -> str:
    return "reached" if mark.reached(figure) else "not reached"


def _times(spread: Spread, *, digits: int = 2) -> str:
    low, middle, high = (f"{x:.{digits}f}" for x in (spread.low, spread.middle, spread.high))
    return f"{middle} ({low} to {high})"


def _micro(seconds: float, *, digits: int = 1) -> str:
    micro = seconds * 1e6
    return f"{micro:.{digits}f}" if micro < 100 else f"{micro:.0f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(head))]
    padded = [[cell.ljust(w) for cell, w in zip(line, widths, strict=True)] for line in lines]
    written = [f"| {' | '.join(line)} |" for line in padded]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([written[0], rule, *written[1:]])
