"""Octets of the cookie with a dictionary that was trained on other sessions of the same kinds.

The whole way is walked: an application samples its sessions under the default rules, a dictionary
is trained of the sample, and another application writes with it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import Final

from flask import Flask, session

from benchmarks import machine
from benchmarks.operations import application
from benchmarks.peers import OURS
from benchmarks.requests import ask, environ, seed_environ
from benchmarks.shapes import SAMPLES, Shape, Values, training_sessions
from benchmarks.sizes import Size
from cookie_sessions import clock
from cookie_sessions.dictionaries.compose import DEFAULT_OCTETS, compose
from cookie_sessions.dictionaries.sample import Sample
from cookie_sessions.dictionaries.shelf import Shelf, dump_shelf
from cookie_sessions.dictionaries.trained import Trained
from cookie_sessions.flask import CookieSessionInterface

TRAINED: Final = ", trained"
"""Stands behind the name of a shape whose sizes are those with a trained dictionary."""

SHAPES: Final = ("cart", "oidc", "big")


def measure(shapes: Sequence[Shape], sizes: Sequence[Size], *, sessions: int) -> list[Size]:
    """The sizes of our cookies with one dictionary for all shapes, beside those of the peers.

    Args:
        shapes: what is measured.
        sizes: what was measured with the dictionary that ships with the package.
        sessions: how many sessions are sampled; none of them is measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dictionaries.json"
        trained = train(str(Path(folder) / "sample.db"), sessions=sessions)
        path.write_text(dump_shelf(Shelf((trained._replace(installed=0, begins=0),))))
        ours = {shape.name: _ours(shape, str(path)) for shape in shapes if shape.name in SHAPES}
    return [
        replace(ours[size.shape] if size.peer == OURS else size, shape=size.shape + TRAINED)
        for size in sizes
        if size.shape in ours
    ]


def train(path: str, *, sessions: int) -> Trained:
    """Sample sessions of as many people, and train a dictionary of them.

    Args:
        path: where the sample is kept.
        sessions: how many.
    """
    app = Flask("sampled")
    app.secret_key = os.urandom(32)
    app.session_interface = CookieSessionInterface()
    app.config.update(
        COOKIE_SESSIONS_SAMPLE=path,
        COOKIE_SESSIONS_SAMPLE_RATE=1,
        COOKIE_SESSIONS_PROFILE="no-proxy",
    )
    pending: list[Values] = []

    @app.get("/")
    def sign_in() -> str:
        session.update(pending.pop())
        return ""

    for values in training_sessions(sessions):
        pending.append(values)
        ask(app, environ("/", ""))
    sample = Sample(path, least=None)
    facts = sample.facts()
    return compose(
        sample.phrases(),
        octets=DEFAULT_OCTETS,
        sessions=facts["sessions"],
        subjects=facts["least"],
        now=int(clock.now()),
    )


def _ours(shape: Shape, path: str) -> Size:
    app = application(CookieSessionInterface(), shape)
    app.config["COOKIE_SESSIONS_DICTIONARIES"] = path
    answers = [ask(app, seed_environ(number, permanent=True)) for number in range(SAMPLES)]
    values = [len(answer.cookie.partition("=")[2]) for answer in answers]
    lines = [len(line) for answer in answers for line in answer.cookies]
    return Size(shape.name, OURS, fmean(values), sum(lines) / len(answers))


def main() -> None:
    """Print the shares of Flask's cookies, with the dictionary that ships and the trained one."""
    from benchmarks.shapes import all_shapes
    from benchmarks.sizes import against, against_line
    from benchmarks.sizes import measure as measure_shipped

    print(*machine.describe(), "", sep="\n")
    shapes = all_shapes()
    shipped = measure_shipped(shapes)
    for size in [*shipped, *measure(shapes, shipped, sessions=6_000)]:
        if size.peer == OURS:
            sizes = [size, *(each for each in [*shipped] if each.peer != OURS)]
            sizes = [replace(each, shape=each.shape.removesuffix(TRAINED)) for each in sizes]
            name = size.shape.removesuffix(TRAINED)
            print(
                f"{size.shape:15} value {against(sizes, name, OURS):.3f}, with attributes "
                f"{against_line(sizes, name, OURS):.3f}"
            )
    _costs(shapes)


def _costs(shapes: Sequence[Shape]) -> None:
    """Print what writing takes with a trained dictionary, and what sampling adds to it."""
    with tempfile.TemporaryDirectory() as folder:
        sample, path = str(Path(folder) / "sample.db"), Path(folder) / "dictionaries.json"
        trained = train(sample, sessions=600)
        path.write_text(dump_shelf(Shelf((trained._replace(installed=0, begins=0),))))
        for shape in shapes:
            if shape.name not in SHAPES:
                continue
            plain = _seconds(shape)
            written = _seconds(shape, COOKIE_SESSIONS_DICTIONARIES=str(path))
            sampled = _seconds(shape, COOKIE_SESSIONS_SAMPLE=sample, COOKIE_SESSIONS_SAMPLE_RATE=1)
            print(
                f"{shape.name:15} a request that writes all of it, the dictionary that ships = 1: "
                f"trained {written / plain:.1f}, sampled {sampled / plain:.0f}"
            )


def _seconds(shape: Shape, **config: object) -> float:
    app = application(CookieSessionInterface(), shape)
    app.config.update(config)
    times = []
    for number in range(60):
        request = seed_environ(number % SAMPLES, permanent=True)
        start = time.perf_counter()
        ask(app, request)
        times.append(time.perf_counter() - start)
    return median(times)


if __name__ == "__main__":
    main()
