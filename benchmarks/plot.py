"""One picture of a run: an SVG that follows the reader's light or dark setting."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from benchmarks.drawing import document
from benchmarks.marks import BY_NAME
from benchmarks.operations import OPERATIONS
from benchmarks.peers import DEFAULT, FERNET, OURS
from benchmarks.results import Results
from benchmarks.timing import Spread

_LEFT: Final = 190
_RIGHT: Final = 760
_STEP: Final = 30


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    ours: Spread
    other: float
    bound: float | None


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    ticks: Sequence[float]

    def at(self, figure: float) -> float:
        share = math.log(figure / self.low) / math.log(self.high / self.low)
        return _LEFT + min(max(share, 0.0), 1.0) * (_RIGHT - _LEFT)


def svg(results: Results) -> str:
    """The picture: cost against Flask's interface above, octets against its cookie below."""
    costs, octets = _cost_rows(results), _octet_rows(results)
    below = 86 + _STEP * len(costs) + 64
    height = below + 26 + _STEP * len(octets) + 66
    parts = [
        *_legend(),
        *_panel(
            "What a session costs a request: times cheaper than Flask's default interface",
            costs,
            _Axis(0.5, 100, (0.5, 1, 2, 5, 10, 20, 50, 100)),
            top=60,
            digits=1,
        ),
        *_panel(
            "Octets of the cookie's value, as a share of Flask's signed cookie",
            octets,
            _Axis(0.4, 5, (0.5, 0.75, 1, 1.5, 2, 3, 5)),
            top=below,
            digits=2,
        ),
    ]
    title = "Encrypted sessions against Flask's signed cookie"
    return document(title, _description(costs, octets), height, parts)


def _cost_rows(results: Results) -> list[_Row]:
    rows = []
    for operation in OPERATIONS:
        mark = BY_NAME.get(f"cost {operation.name}")
        if mark:
            ours = results.cheaper(operation.name, DEFAULT)
            fernet = results.cost(operation.name, DEFAULT) / results.cost(operation.name, FERNET)
            rows.append(_Row(mark.title, ours, fernet, mark.bound))
    return rows


def _octet_rows(results: Results) -> list[_Row]:
    rows = []
    for shape in dict.fromkeys(size.shape for size in results.sizes):
        values = {size.peer: size.value for size in results.sizes if size.shape == shape}
        share = values[OURS] / values[DEFAULT]
        mark = BY_NAME.get(f"size {shape}")
        other = values[FERNET] / values[DEFAULT]
        bound = mark.bound if mark else None
        rows.append(_Row(shape, Spread(share, share, share), other, bound))
    return rows


def _description(costs: Sequence[_Row], octets: Sequence[_Row]) -> str:
    cheaper = "; ".join(f"{row.label} {row.ours.middle:.1f} times" for row in costs)
    shares = "; ".join(f"{row.label} {row.ours.middle:.2f}" for row in octets)
    return f"Cheaper than Flask's default interface: {cheaper}. Share of its octets: {shares}."


def _legend() -> Iterator[str]:
    yield f'<circle class="ours" cx="{_LEFT}" cy="26" r="5"/>'
    yield f'<text x="{_LEFT + 12}" y="30">cookie_sessions</text>'
    yield f'<rect class="other" x="{_LEFT + 135}" y="21" width="9" height="9"/>'
    yield f'<text x="{_LEFT + 152}" y="30">Fernet</text>'
    yield f'<path class="one" d="M{_LEFT + 225} 18v16"/>'
    yield f'<text x="{_LEFT + 235}" y="30">Flask default = 1</text>'
    yield f'<path class="mark" d="M{_LEFT + 365} 18v16"/>'
    yield f'<text x="{_LEFT + 375}" y="30">mark to reach</text>'


def _panel(
    title: str, rows: Sequence[_Row], axis: _Axis, *, top: int, digits: int
) -> Iterator[str]:
    first = top + 26
    foot = first + _STEP * len(rows)
    yield f'<text class="title" x="20" y="{top + 8}">{escape(title)}</text>'
    for tick in axis.ticks:
        x = axis.at(tick)
        kind = "one" if tick == 1 else "rule"
        yield f'<path class="{kind}" d="M{x:.1f} {first - 6}V{foot}"/>'
        yield f'<text class="faint middle" x="{x:.1f}" y="{foot + 18}">{tick:g}</text>'
    for number, row in enumerate(rows):
        yield from _dots(row, axis, y=first + 8 + _STEP * number, digits=digits)


def _dots(row: _Row, axis: _Axis, *, y: int, digits: int) -> Iterator[str]:
    yield f'<text x="{_LEFT - 16}" y="{y + 4}" text-anchor="end">{escape(row.label)}</text>'
    if row.bound is not None:
        yield f'<path class="mark" d="M{axis.at(row.bound):.1f} {y - 8}v16"/>'
    corner = axis.at(row.other) - 4.5
    yield f'<rect class="other" x="{corner:.1f}" y="{y - 4.5}" width="9" height="9"/>'
    low, middle, high = (axis.at(x) for x in (row.ours.low, row.ours.middle, row.ours.high))
    yield f'<path class="spread" d="M{low:.1f} {y}H{high:.1f}"/>'
    yield f'<circle class="ours" cx="{middle:.1f}" cy="{y}" r="5"/>'
    text = f"{row.ours.middle:.{digits}f}"
    yield f'<text class="figure middle" x="{middle:.1f}" y="{y - 9}">{text}</text>'
