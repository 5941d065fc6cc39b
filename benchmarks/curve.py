"""``python -m benchmarks sizes``: what a session costs by how much it holds, up to the budget."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Final

from benchmarks import machine
from benchmarks.drawing import Curve, curves
from benchmarks.noise import verdict
from benchmarks.operations import OPERATIONS
from benchmarks.other_peers import plain_json
from benchmarks.peers import DEFAULT, OURS, PEERS, Peer
from benchmarks.publication import Report
from benchmarks.requests import CONTROL, Cell, Stage, ask, environ, seed_environ, visit
from benchmarks.shapes import SAMPLES, Shape, Values
from benchmarks.tables import micro, table, times
from benchmarks.timing import RESOLUTION, Spread, geometric_mean, median

FIRST: Final = 100
"""Octets of the smallest session; each next one has twice as many, the last what is admitted."""

KEYS, LIST = "a key for each text", "all texts in one list"

PICTURE: Final = "benchmarks-sizes.svg"

_MEASURED: Final = ("read", "change", "rewrite")
_PIECE: Final = 60
"""Octets of one text: a session that holds more has more texts."""

_NEAR: Final = 50
"""Octets within which the largest session is looked for that the profile admits."""

_WORDS: Final = (
    *("amber", "basket", "canvas", "delivery", "evening", "forest", "garden", "harbour", "island"),
    *("journey", "kettle", "lantern", "morning", "notebook", "orchard", "pepper", "quarter"),
    *("river", "summer", "thistle", "umbrella", "village", "window", "yellow"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """What a session of one size costs.

    Attributes:
        kind: how the session holds its texts.
        octets: of the session as JSON.
        cookies: octets of each peer's cookie values, several where it takes several.
        cells: each operation.
    """

    kind: str
    octets: int
    cookies: dict[str, float]
    cells: list[Cell]


def report(*, count: int, repeats: int, seconds: float) -> Report:
    """Measure sessions of every size, and say it.

    Args:
        count: number of rounds, at most.
        repeats: requests of each candidate and operation in a round.
        seconds: begin no further round after so many seconds.
    """
    points = measure(count=count, repeats=repeats, seconds=seconds)
    noise = Spread.of(_control(points))
    told = verdict(noise, what="Flask's interface", rounds=len(points[0].cells[0].times[DEFAULT]))
    figures = table(
        [
            *("the session", "octets as JSON", "our cookie", "Flask's"),
            *(f"{operation}, µs: ours / Flask's" for operation in _MEASURED),
            *(f"{operation}, times cheaper" for operation in _MEASURED),
        ],
        list(_rows(points)),
    )
    costs = f"{figures}\n\n{told}"
    text = [
        "# By size",
        *machine.describe(),
        (
            f"Sessions of texts of some {_PIECE} octets, not permanent, up to what "
            f"`portable` admits; what they cost a request, as above. Each key's value is "
            f"compressed by itself, so that no length tells one value from another: with a key for "
            f"each text little is left to compress."
        ),
        costs,
    ]
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"sizes": costs},
        pictures={PICTURE: _picture(points)},
        figures={"by_size": [asdict(point) for point in points], "by_size_noise": asdict(noise)},
    )


def measure(*, count: int, repeats: int, seconds: float) -> list[Point]:
    """Sessions of every size that the default profile admits."""
    peers = (*PEERS, Peer(CONTROL, _default().make))
    stages = list(_stages(peers))
    points = [
        (
            stage,
            Point(
                kind,
                round(fmean(_octets(sample) for sample in stage.shape.samples)),
                {peer.name: _cookie_octets(stage, peer) for peer in peers},
                [Cell(name, stage.shape.name, permanent=False) for name in _MEASURED],
            ),
        )
        for kind, stage in stages
    ]
    for stage, _ in points:
        stage.verify()
    operations = {operation.name: operation for operation in OPERATIONS}
    start = time.perf_counter()
    for number in range(count):
        for stage, point in points:
            stage.renew()
            for cell in point.cells:
                visit(stage, operations[cell.operation], cell, turn=number, repeats=repeats)
        if time.perf_counter() - start > seconds:
            break
    return [point for _, point in points]


def _default() -> Peer:
    return next(peer for peer in PEERS if peer.name == DEFAULT)


def _stages(peers: Sequence[Peer]) -> Iterator[tuple[str, Stage]]:
    for kind in (KEYS, LIST):
        octets = FIRST
        while _is_admitted(stage := Stage(_shape(kind, octets), peers)):
            yield kind, stage
            octets *= 2
        fits, exceeds = octets // 2, octets
        while exceeds - fits > _NEAR:
            middle = (fits + exceeds) // 2
            if _is_admitted(Stage(_shape(kind, middle), peers[:1])):
                fits = middle
            else:
                exceeds = middle
        if fits > octets // 2:
            yield kind, Stage(_shape(kind, fits), peers)


def _is_admitted(stage: Stage) -> bool:
    """Whether the profile admits sessions as large as these."""
    app = stage.apps[OURS]
    # What is refused is told in many lines, and here it is expected.
    logging.disable()
    try:
        answers = [ask(app, seed_environ(number, permanent=True)) for number in range(SAMPLES)]
        rewritten = [ask(app, environ("/rewrite", answer.cookie)) for answer in answers]
    finally:
        logging.disable(logging.NOTSET)
    return all(answer.status == "200 OK" for answer in (*answers, *rewritten))


def _shape(kind: str, octets: int) -> Shape:
    *samples, replacement = (
        _session(random.Random(f"{kind} {octets} {number}"), kind, octets)
        for number in range(SAMPLES + 1)
    )
    return Shape(
        name=f"{octets} octets, {kind}",
        samples=tuple(samples),
        replacement=replacement,
        scalar="number",
        change=("number", -1),
        largest="number",
        nested=None,
    )


def _session(rng: random.Random, kind: str, octets: int) -> Values:
    session: Values = {"number": rng.randrange(10_000)}
    texts: list[str] = []
    if kind == LIST:
        session["texts"] = texts
    while (lacking := octets - _octets(session)) > 0:
        text = " ".join(rng.choice(_WORDS) for _ in range(_PIECE // 6))
        name = f"text {len(session) - 1}"
        text = text[: max(1, min(_PIECE, lacking - len(name) - 7))]
        if kind == LIST:
            texts.append(text)
        else:
            session[name] = text
    return session


def _octets(session: Values) -> int:
    return len(str(plain_json(session)))


def _cookie_octets(stage: Stage, peer: Peer) -> float:
    answers = [
        ask(stage.apps[peer.name], seed_environ(number, permanent=False))
        for number in range(SAMPLES)
    ]
    return fmean(
        sum(len(line.partition(";")[0].partition("=")[2]) for line in answer.cookies)
        for answer in answers
    )


def _control(points: Sequence[Point]) -> list[float]:
    rows = [cell.cheaper(CONTROL, DEFAULT) for point in points for cell in point.cells]
    return [geometric_mean(row) for row in zip(*rows, strict=True)]


def _rows(points: Sequence[Point]) -> Iterator[list[str]]:
    for point in points:
        yield [
            point.kind,
            f"{point.octets:,}",
            *(f"{point.cookies[name]:,.0f}" for name in (OURS, DEFAULT)),
            *(
                " / ".join(micro(_cost(cell, name)) for name in (OURS, DEFAULT))
                for cell in point.cells
            ),
            *(times(Spread.of(cell.cheaper(OURS, DEFAULT)), digits=1) for cell in point.cells),
        ]


def _cost(cell: Cell, name: str) -> float:
    return max(median(cell.costs(name)), RESOLUTION)


def _mean_cost(point: Point, name: str) -> float:
    return geometric_mean(_cost(cell, name) for cell in point.cells)


def _picture(points: Sequence[Point]) -> str:
    lines = [
        Curve(
            label,
            [
                (float(point.octets), _mean_cost(point, name) * 1e6)
                for point in points
                if point.kind == kind
            ],
        )
        for name, kind, label in (
            (OURS, LIST, "cookie_sessions, one list"),
            (OURS, KEYS, "cookie_sessions, many keys"),
            (DEFAULT, LIST, "Flask default, one list"),
        )
    ]
    return curves(
        "What a session costs a request, by its size",
        lines,
        x="octets of the session as JSON",
        y="µs, mean of read, change and rewrite",
    )
