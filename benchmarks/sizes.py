"""Octets of the cookie, for every peer and shape, in permanent sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.peers import DEFAULT
from benchmarks.requests import Stage, ask, seed_environ
from benchmarks.shapes import SAMPLES, Shape


@dataclass(frozen=True, slots=True)
class Size:
    """Mean octets of one peer's cookie for one shape.

    Attributes:
        shape: name of the shape.
        peer: name of the peer.
        value: octets of the value.
        line: octets of ``name=value`` and all attributes.
    """

    shape: str
    peer: str
    value: float
    line: float


def measure(shapes: Sequence[Shape]) -> list[Size]:
    """The size of every peer's cookie for every shape: the mean over its samples."""
    return [size for shape in shapes for size in of(Stage(shape))]


def of(stage: Stage) -> Iterator[Size]:
    """The size of every candidate's cookie on one stage: the mean over the samples."""
    for peer in stage.peers:
        answers = [
            ask(
                stage.apps[peer.name],
                {**seed_environ(number, permanent=True), **stage.browser},
            )
            for number in range(SAMPLES)
        ]
        values = [len(answer.cookie.partition("=")[2]) for answer in answers]
        lines = [len(cookie) for answer in answers for cookie in answer.cookies]
        yield Size(stage.shape.name, peer.name, fmean(values), sum(lines) / len(answers))


def against(sizes: Sequence[Size], shape: str, peer: str, other: str = DEFAULT) -> float:
    """The value's octets as a share of another peer's."""
    found = {size.peer: size.value for size in sizes if size.shape == shape}
    return found[peer] / found[other]


def against_line(sizes: Sequence[Size], shape: str, peer: str, other: str = DEFAULT) -> float:
    """The octets of the whole cookie, attributes included, as a share of another peer's."""
    found = {size.peer: size.line for size in sizes if size.shape == shape}
    return found[peer] / found[other]
