"""Pictures as SVG that follow the reader's light or dark setting: their style, bars and curves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 800

STYLE: Final = """
svg { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0;
      --ours: #0b62c4; --other: #9a4a00; --third: #6b4ba1; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --rule: #3d444d;
        --ours: #6cb6ff; --other: #f0a35e; --third: #c6a6f5; }
}
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 15px; font-weight: 600; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.faint { fill: var(--faint); font-size: 12px; }
.ground { fill: var(--ground); }
.rule { stroke: var(--rule); }
.one { stroke: var(--faint); stroke-dasharray: 4 3; }
.mark { stroke: var(--ink); stroke-width: 2; }
.ours { fill: var(--ours); stroke: var(--ours); }
.spread { stroke: var(--ours); stroke-width: 2; }
.figure { fill: var(--ours); font-weight: 600; }
.other { fill: var(--ground); stroke: var(--other); stroke-width: 2; }
.bar-ours { fill: var(--ours); }
.bar-other { fill: var(--other); }
.line { fill: none; stroke-width: 2; }
.line-0 { stroke: var(--ours); }
.line-1 { stroke: var(--other); }
.line-2 { stroke: var(--third); }
"""

_LEFT: Final = 290
_RIGHT: Final = 720
_STEP: Final = 24
_PLOT: Final = (80, 760, 84, 400)
"""Where curves are drawn: left, right, top and foot."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        label: stands before it.
        length: what it shows.
        is_ours: it is drawn in our colour.
    """

    label: str
    length: float
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve, of points with x and y above zero."""

    label: str
    points: Sequence[tuple[float, float]]


def document(title: str, description: str, height: int, parts: Sequence[str]) -> str:
    """A whole picture.

    Args:
        title: for those who hear it.
        description: what it shows, in words and figures.
        height: in pixels.
        parts: what is drawn.
    """
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def bars(title: str, groups: Mapping[str, Sequence[Bar]]) -> str:
    """Bars in groups, all to one scale that begins at zero."""
    longest = max(bar.length for group in groups.values() for bar in group)
    parts = [f'<text class="title" x="20" y="30">{escape(title)}</text>']
    y = 48
    told = []
    for name, group in groups.items():
        y += 20
        parts.append(f'<text class="title" x="20" y="{y}">{escape(name)}</text>')
        for bar in group:
            y += _STEP
            width = bar.length / longest * (_RIGHT - _LEFT)
            place = f'x="{_LEFT}" y="{y - 12}"'
            kind = "ours" if bar.is_ours else "other"
            parts.append(
                f'<text class="end" x="{_LEFT - 10}" y="{y}">{escape(bar.label)}</text>'
                f'<rect class="bar-{kind}" {place} width="{width:.1f}" height="15"/>'
                f'<text x="{_LEFT + width + 6:.1f}" y="{y}">{bar.length:,.0f}</text>'
            )
        told.append(f"{name}: " + ", ".join(f"{bar.label} {bar.length:,.0f}" for bar in group))
        y += 14
    return document(title, "; ".join(told) + ".", y + 14, parts)


def curves(title: str, lines: Sequence[Curve], *, x: str, y: str) -> str:
    """Curves over axes that are both logarithmic.

    Args:
        title: stands above.
        lines: at most three curves.
        x: what the axis to the right shows.
        y: what the axis upwards shows.
    """
    across = _Scale([point[0] for line in lines for point in line.points], *_PLOT[:2])
    upwards = _Scale([point[1] for line in lines for point in line.points], _PLOT[3], _PLOT[2])
    parts = [f'<text class="title" x="20" y="30">{escape(title)}</text>', *_axes(across, upwards)]
    left, right, _, foot = _PLOT
    parts.append(
        f'<text class="faint middle" x="{(left + right) / 2}" y="{foot + 40}">{escape(x)}</text>'
        f'<text class="faint" x="20" y="{_PLOT[2] - 8}">{escape(y)}</text>'
    )
    for number, line in enumerate(lines):
        path = " ".join(f"{across.at(a):.1f},{upwards.at(b):.1f}" for a, b in line.points)
        parts.append(f'<polyline class="line line-{number}" points="{path}"/>')
        start = left + 240 * number
        parts.append(
            f'<path class="line line-{number}" d="M{start} 48h28"/>'
            f'<text x="{start + 36}" y="52">{escape(line.label)}</text>'
        )
    told = [
        f"{line.label}: " + ", ".join(f"{b:.3g} at {a:.3g}" for a, b in line.points)
        for line in lines
    ]
    return document(title, f"{y} by {x}. {'; '.join(told)}.", foot + 56, parts)


class _Scale:
    """A logarithmic axis, from a round number below the least to one above the greatest.

    Args:
        values: what has to find its place on it.
        start: where it begins, in pixels.
        end: where it ends, in pixels.
    """

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        lowest = math.floor(math.log10(min(values)))
        highest = math.ceil(math.log10(max(values)))
        steps = [step * 10.0**power for power in range(lowest, highest + 1) for step in (1, 2, 5)]
        below = max(step for step in steps if step <= min(values))
        above = min(step for step in steps if step >= max(values) and step > below)
        #: The round numbers on it.
        self.ticks = [step for step in steps if below <= step <= above]
        self._low, self._high = math.log(below), math.log(above)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """The place of a value, in pixels."""
        share = (math.log(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)


def _axes(across: _Scale, upwards: _Scale) -> Iterator[str]:
    left, right, top, foot = _PLOT
    for tick in across.ticks:
        place = across.at(tick)
        yield f'<path class="rule" d="M{place:.1f} {top}V{foot}"/>'
        yield f'<text class="faint middle" x="{place:.1f}" y="{foot + 18}">{tick:,.0f}</text>'
    for tick in upwards.ticks:
        place = upwards.at(tick)
        yield f'<path class="rule" d="M{left} {place:.1f}H{right}"/>'
        yield f'<text class="faint end" x="{left - 6}" y="{place + 4:.1f}">{tick:,.0f}</text>'
