"""The figures of one run, as Markdown tables and for JSON, each compared with its mark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from benchmarks import bare, imports, noise, revocation_tables
from benchmarks.lookup import COUNTS, FIND, LAST, MIDDLE, found
from benchmarks.marks import BY_NAME, MARKS
from benchmarks.operations import OPERATIONS
from benchmarks.peers import DEFAULT, FERNET, OURS, PEERS
from benchmarks.requests import Cell
from benchmarks.results import Results
from benchmarks.sizes import against, against_line
from benchmarks.stored import COLD, THEIRS
from benchmarks.tables import cheaper, micro, reached, table, times, times_if_any
from benchmarks.timing import Spread, median, ratios

_SEARCHED: Final = {
    FIND: "look a key up",
    OURS: "open a cookie",
    FERNET: "MultiFernet",
    DEFAULT: "SECRET_KEY_FALLBACKS",
}


def markdown(results: Results) -> str:
    """All tables, with each mark and whether it is reached."""
    sections = (
        ["# Benchmarks", *results.machine, verdict_on_noise(results)],
        ["## What a session costs a request", *_costs(results)],
        ["## The same by shape: times cheaper than Flask's default interface", *_shapes(results)],
        ["## Against the floor", *_floor(results)],
        ["## Octets of the cookie", *_octets(results)],
        ["## One key among many", *_searches(results)],
        ["## Sessions of several cookies", *_splits(results)],
        ["## A value that no cookie holds, in Redis", *_stored(results)],
        ["## A list of ended sessions", *revocation_tables.lists(results)],
        ["## A list of ended sessions in Redis", *revocation_tables.requests(results.listed)],
        ["## Cold start and look-up", *_rest(results)],
        ["## Marks", marks_table(results), _summary(results)],
    )
    return "\n\n".join("\n\n".join(section) for section in sections) + "\n"


def figures(results: Results) -> dict[str, Any]:
    """Every figure with its mark, and what was measured by cell."""
    marks = []
    for mark in MARKS:
        figure = results.figure(mark)
        row = {**asdict(mark), **asdict(figure), "reached": mark.reached(figure.middle)}
        marks.append(row)
    return {
        "machine": list(results.machine),
        "seconds": results.seconds,
        "noise": asdict(results.noise()),
        "marks": marks,
        "cells": [asdict(cell) for cell in results.cells],
        "control": asdict(results.control),
        "sizes": [asdict(size) for size in results.sizes],
        "floor": [asdict(costs) for costs in results.floor],
        "cold": asdict(results.cold),
        "splits": [asdict(split) for split in results.splits],
        "stored": asdict(results.stored),
        "searches": [asdict(search) for search in results.searches],
        "checks": [asdict(check) for check in results.checks],
        "snapshots": asdict(results.snapshots),
        "listed": asdict(results.listed),
        "bare": [asdict(cell) for cell in results.bare],
    }


def marks_table(results: Results) -> str:
    """Every mark with its figure, and whether it is reached."""
    rows = []
    for mark in MARKS:
        figure = results.figure(mark)
        told = f"{figure.middle:.2f}" if figure.low == figure.high else times(figure)
        rows.append([mark.title, told, mark.text, reached(mark, figure.middle)])
    return table(["what is measured", "figure", "mark", ""], rows)


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
                times(ours, digits=1),
                times(results.cheaper(operation.name, FERNET), digits=1),
                mark.text if mark else "",
                reached(mark, ours.middle) if mark else "",
                *(micro(results.cost(operation.name, peer.name)) for peer in PEERS),
            ]
        )
    rows += [
        [
            f"{cell.shape}, {bare.MEASURED[cell.operation]}",
            *(times(Spread.of(cell.cheaper(OURS, than)), digits=1) for than in (DEFAULT, FERNET)),
            *("", ""),
            *(micro(max(median(cell.costs(peer.name)), 0.0)) for peer in PEERS),
        ]
        for cell in results.bare
    ]
    yield table([*head, *(f"{peer.name}, µs" for peer in PEERS)], rows)


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
    yield table(["operation", "kind", *shapes], rows)


def _by_shape(cell: Cell) -> str:
    ratio = median(cell.cheaper(OURS, DEFAULT))
    ours, theirs = (max(median(cell.costs(name)), 0.0) for name in (OURS, DEFAULT))
    return f"{ratio:.1f} ({micro(ours)} / {micro(theirs)} µs)"


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
                taken = [micro(median(costs.ours)), micro(median(costs.floor))]
                rows.append([mark.title, costs.shape, times(ratio), "", "", *taken])
        mean = results.against_floor(what)
        verdict = reached(mark, mean.middle)
        rows.append([mark.title, "geometric mean", times(mean), mark.text, verdict, "", ""])
    yield table(["", "shape", "times the floor", "mark", "", "ours, µs", "floor, µs"], rows)


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
                reached(mark, max(shares)) if mark else "",
                *(f"{values[peer.name]:.0f}" for peer in PEERS),
            ]
        )
    head = ["shape", "value", "with attributes", "Fernet's value", "mark", ""]
    yield table([*head, *(f"{peer.name}, octets" for peer in PEERS)], rows)


def _searches(results: Results) -> Iterable[str]:
    yield (
        "Times what it costs with one key, and µs. The peers try their keys in turn: the middle "
        "one is the mean, the last the worst. Their signers are made once, not per request."
    )
    rows = []
    for who, title in _SEARCHED.items():
        alone = found(results.searches, who, keys=1)
        row = [title, micro(median(alone.times), digits=2)]
        for keys in COUNTS[1:]:
            for position in (MIDDLE, LAST):
                one = found(results.searches, who, keys=keys, position=position)
                taken = micro(median(one.times), digits=2)
                row.append(f"{times(Spread.of(one.ratios))}, {taken} µs")
        rows.append(row)
    head = ["", "1 key, µs", *(f"{n:,} keys: {one}" for n in COUNTS[1:] for one in (MIDDLE, LAST))]
    yield table(head, rows)
    ours = found(results.searches, OURS, keys=100).times
    told = [
        f"{_SEARCHED[peer]} {times(Spread.of(ratios(theirs.times, ours)), digits=1)} times"
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
            *(micro(median(split.open)), times(Spread.of(split.open_ratios))),
            *(micro(median(split.seal)), times(Spread.of(split.seal_ratios))),
        ]
        for split in results.splits
    ]
    yield table(["cookies", "open, µs", "times one", "seal, µs", "times one"], rows)


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
            _of_the_list(cell),
            cell.kind,
            *(micro(median(cell.costs(name))) for name in (THEIRS, OURS)),
            times_if_any(cheaper(cell, OURS, than=THEIRS), digits=1),
            micro(median(cell.costs(COLD))),
            times_if_any(cheaper(cell, COLD, than=THEIRS), digits=1),
        ]
        for cell in stored.cells
    ]
    head = ["operation", "kind", f"{THEIRS}, µs", f"{OURS}, µs", "times cheaper"]
    yield table([*head, "without memory, µs", "times cheaper"], rows)
    loose = noise.loose(
        {
            f"{_of_the_list(cell)}, {cell.kind}, {name}": spread
            for cell in stored.cells
            for name in (OURS, COLD)
            if (spread := cheaper(cell, name, than=THEIRS))
        }
    )
    if loose:
        yield loose


def _of_the_list(cell: Cell) -> str:
    return "read the list" if cell.operation == "read-largest" else cell.operation


def _rest(results: Results) -> Iterable[str]:
    lookup = BY_NAME["lookup key"]
    look = results.figure(lookup)
    rows = [
        *imports.rows(results.cold),
        [lookup.title, times(look), lookup.text, reached(lookup, look.middle)],
    ]
    yield table(["", "figure", "mark", ""], rows)


def verdict_on_noise(results: Results) -> str:
    """What the control says of the run."""
    rounds = len(results.control.times[DEFAULT])
    told = noise.verdict(results.noise(), what="Flask's interface", rounds=rounds)
    # The control is measured with the requests, and the machine may be disturbed after them.
    loose = noise.loose({mark.title: results.figure(mark) for mark in MARKS})
    return f"{told} {loose}".rstrip()


def _summary(results: Results) -> str:
    missed = [mark.title for mark in MARKS if not mark.reached(results.figure(mark).middle)]
    told = f"{len(MARKS) - len(missed)} of {len(MARKS)} marks reached"
    told += f"; not reached: {', '.join(missed)}." if missed else "."
    return f"{told} The run took {results.seconds:.0f} s."
