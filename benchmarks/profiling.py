"""Where the time of one operation is left: by stage, then by function.

Both are differences to the same request without a session, so what Flask itself does is not in
them. The profiler slows small functions more than large ones: its times show where to look, the
stages show how much there is.
"""

from __future__ import annotations

import cProfile
import itertools
import pstats
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from flask import Flask

from benchmarks.operations import OPERATIONS, Operation
from benchmarks.peers import PEERS
from benchmarks.requests import EMPTY, Stage, ask
from benchmarks.shapes import one_shape
from benchmarks.timing import median, undisturbed

STAGES: Final = ("open_session", "view", "save_session", "all else")
_ROWS: Final = 30

Function = tuple[str, int, str]
Stages = dict[str, tuple[float, float]]
"""Medians in seconds by stage: of requests with a session, and of the same without one."""


def profile(shape: str, operation: str, *, peer: str, permanent: bool, requests: int) -> str:
    """Measure one operation on one shape and write what takes its time.

    Args:
        shape: name of the shape.
        operation: name of the operation.
        peer: name of the peer.
        permanent: the kind of session.
        requests: how many requests to make for each of the two tables.

    Raises:
        ValueError: the shape has no list and the operation needs one.
    """
    chosen = next(candidate for candidate in OPERATIONS if candidate.name == operation)
    stage = Stage(one_shape(shape), [one for one in PEERS if one.name == peer])
    if not chosen.suits(stage.shape):
        raise ValueError(f"The shape {shape} holds no list; take cart or big.")
    stage.renew()
    kind = "permanent" if permanent else "not permanent"
    lines = [f"{peer}: {operation} on {shape}, {kind}, {requests} requests", ""]
    lines += _told(stages(stage, chosen, peer, permanent=permanent, requests=requests))
    lines += ["", *_functions(stage, chosen, peer, permanent=permanent, requests=requests)]
    return "\n".join(lines) + "\n"


def stages(
    stage: Stage, operation: Operation, peer: str, *, permanent: bool, requests: int
) -> Stages:
    """Time what Flask asks of the session, and all else, in requests of one kind.

    Args:
        stage: the candidate's application and an empty one, with cookies.
        operation: what the view does.
        peer: name of the candidate.
        permanent: the kind of session.
        requests: how many to make of each.
    """
    times: dict[str, dict[str, list[float]]] = {
        name: {key: [] for key in STAGES} for name in (peer, EMPTY)
    }
    unwatch = [_watch(stage.apps[name], operation, times[name]) for name in times]
    with undisturbed():
        for request in _cycle(stage, operation, peer, permanent=permanent, requests=requests):
            for name, taken in times.items():
                before = time.perf_counter()
                ask(stage.apps[name], request)
                whole = time.perf_counter() - before
                taken["all else"].append(whole - sum(taken[key][-1] for key in STAGES[:3]))
    for undo in unwatch:
        undo()
    return {key: (median(times[peer][key]), median(times[EMPTY][key])) for key in STAGES}


def _told(found: Stages) -> list[str]:
    sums = [sum(each) for each in zip(*found.values(), strict=True)]
    lines = [f"{'stage':<16}{'session':>10}{'without':>10}{'difference':>12}   (µs, medians)"]
    for key, each in [*found.items(), ("sum", sums)]:
        ours, none = (1e6 * seconds for seconds in each)
        lines.append(f"{key:<16}{ours:>10.2f}{none:>10.2f}{ours - none:>12.2f}")
    return lines


def _cycle(
    stage: Stage, operation: Operation, peer: str, *, permanent: bool, requests: int
) -> Iterator[dict[str, Any]]:
    environs = itertools.cycle(stage.environs(peer, operation, permanent=permanent))
    return itertools.islice(environs, requests)


def _watch(app: Flask, operation: Operation, times: dict[str, list[float]]) -> Callable[[], None]:
    def timed(call: Callable[..., Any], key: str) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            before = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                times[key].append(time.perf_counter() - before)

        return run

    interface = app.session_interface
    view = app.view_functions[operation.name]
    for method in STAGES[0], STAGES[2]:
        setattr(interface, method, timed(getattr(interface, method), method))
    app.view_functions[operation.name] = timed(view, "view")

    def unwatch() -> None:
        for method in STAGES[0], STAGES[2]:
            delattr(interface, method)
        app.view_functions[operation.name] = view

    return unwatch


def _functions(
    stage: Stage, operation: Operation, peer: str, *, permanent: bool, requests: int
) -> list[str]:
    profilers = {name: cProfile.Profile() for name in (peer, EMPTY)}
    with undisturbed():
        for request in _cycle(stage, operation, peer, permanent=permanent, requests=requests):
            for name, profiler in profilers.items():
                profiler.runcall(ask, stage.apps[name], request)
    session, without = (_by_request(profilers[name], requests) for name in (peer, EMPTY))
    none = (0.0, 0.0, 0.0)
    rows = []
    for function, figures in session.items():
        other = without.get(function, none)
        calls, own, inclusive = (one - two for one, two in zip(figures, other, strict=True))
        rows.append((own, inclusive, calls, function))
    rows.sort(reverse=True)
    lines = [f"{'own µs':>8}{'with callees':>14}{'calls':>8}  function (a request, under cProfile)"]
    for own, inclusive, calls, function in rows[:_ROWS]:
        lines.append(f"{own:>8.2f}{inclusive:>14.2f}{calls:>8.1f}  {_title(function)}")
    return lines


def _by_request(
    profiler: cProfile.Profile, requests: int
) -> dict[Function, tuple[float, float, float]]:
    stats: dict[Function, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    return {
        function: (calls / requests, own * 1e6 / requests, inclusive * 1e6 / requests)
        for function, (_, calls, own, inclusive, _) in stats.items()
    }


def _title(function: Function) -> str:
    path, line, name = function
    return name if path == "~" else f"{'/'.join(Path(path).parts[-2:])}:{line} {name}"
