"""What of a request's cost is opening and sealing, and in which of Flask's calls it arises.

A mark that is not reached is explained by these two tables: the one says what it would be if
opening and sealing cost nothing, the other where the rest is spent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any, Final
from unittest.mock import patch

from flask.sessions import SecureCookieSessionInterface

from benchmarks import machine
from benchmarks.marks import BY_NAME
from benchmarks.noise import between, verdict
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.peers import DEFAULT, OURS, PEERS, Peer
from benchmarks.profiling import STAGES, Stages, stages
from benchmarks.publication import Report
from benchmarks.requests import CONTROL, Cell, Stage, ask, visit
from benchmarks.shapes import all_shapes, one_shape
from benchmarks.tables import reached, table, times
from benchmarks.timing import Spread, geometric_mean
from cookie_sessions import sealer

_PEERS: Final = (
    *(peer for peer in PEERS if peer.name in (OURS, DEFAULT)),
    Peer(CONTROL, SecureCookieSessionInterface),
)
_MARKED: Final = {
    each.name: BY_NAME[f"cost {each.name}"]
    for each in OPERATIONS
    if each.touches and f"cost {each.name}" in BY_NAME
}
_LOOKED_INTO: Final = (("login", True), ("login", False), ("big", True))
"""The shapes and kinds of session of which the second table says where the time is spent."""


def report(*, count: int, repeats: int, seconds: float) -> Report:
    """Measure both, and say it.

    Args:
        count: number of rounds, at most.
        repeats: requests of each candidate and operation in a round.
        seconds: begin no further round after so many seconds.
    """
    cells, free = measure(count=count, repeats=repeats, seconds=seconds)
    told = verdict(
        between(cells, CONTROL, DEFAULT),
        what="Flask's interface",
        rounds=len(cells[0].times[DEFAULT]),
    )
    ceiling = f"{_ceiling_table(cells, free)}\n\n{told}"
    spent = {
        which: _spent(which[0], permanent=which[1], requests=100 * count) for which in _LOOKED_INTO
    }
    where = _where_table(spent)
    text = [
        "# What opening and sealing cost",
        *machine.describe(),
        (
            "How many times cheaper ours is than Flask's default, the mean over all shapes and "
            "both kinds of session: as it is, and with each text opened before and each sealed "
            "before, so that `sealer.open_text` and `sealer.seal` are a look into a dict."
        ),
        ceiling,
        "Where the time of a request that reads one key is spent, less that of an empty one, µs.",
        where,
    ]
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"ceiling": ceiling, "stages": where},
        figures={
            "ceiling_as_it_is": [asdict(cell) for cell in cells],
            "ceiling_for_nothing": [asdict(cell) for cell in free],
            "stages": {f"{shape} {permanent}": each for (shape, permanent), each in spent.items()},
        },
    )


def measure(*, count: int, repeats: int, seconds: float) -> tuple[list[Cell], list[Cell]]:
    """Requests as they are, and with opening and sealing for nothing; round by round."""
    runs = [
        (stage, operation, *_two(Cell(operation.name, stage.shape.name, permanent)))
        for stage in (Stage(shape, _PEERS) for shape in all_shapes())
        for operation in OPERATIONS
        for permanent in (True, False)
        if operation.name in _MARKED and operation.suits(stage.shape)
    ]
    start = time.perf_counter()
    for number in range(count):
        for stage, operation, cell, free in runs:
            stage.renew()
            visit(stage, operation, cell, turn=number, repeats=repeats)
            with for_nothing():
                _prepare(stage, operation, permanent=free.permanent)
                visit(stage, operation, free, turn=number, repeats=repeats)
        if time.perf_counter() - start > seconds:
            break
    return [cell for _, _, cell, _ in runs], [free for _, _, _, free in runs]


def _two(cell: Cell) -> tuple[Cell, Cell]:
    return cell, replace(cell, times={})


@contextmanager
def for_nothing() -> Iterator[None]:
    """Have what was opened be opened from memory, and what was sealed be given again.

    What is given is a text of the same length, and not of the same session: nobody opens it.
    """
    opened: dict[str, Any] = {}
    sealed: dict[int, str] = {}
    open_text, seal = sealer.open_text, sealer.seal

    def from_memory(text: str, **how: Any) -> Any:
        if (found := opened.get(text)) is None:
            found = opened[text] = open_text(text, **how)
        return found

    def again(payload: Any, **how: Any) -> str:
        if (found := sealed.get(len(payload))) is None:
            found = sealed[len(payload)] = seal(payload, **how)
        return found

    with patch.object(sealer, "open_text", from_memory), patch.object(sealer, "seal", again):
        yield


def _prepare(stage: Stage, operation: Operation, *, permanent: bool) -> None:
    for request in stage.environs(OURS, operation, permanent=permanent):
        ask(stage.apps[OURS], request)


def _spent(shape: str, *, permanent: bool, requests: int) -> Stages:
    peers = [peer for peer in PEERS if peer.name == OURS]
    stage = Stage(one_shape(shape), peers)
    stage.renew()
    read = next(operation for operation in OPERATIONS if operation.name == "read")
    return stages(stage, read, OURS, permanent=permanent, requests=requests)


def _ceiling_table(cells: Sequence[Cell], free: Sequence[Cell]) -> str:
    rows = []
    for operation, mark in _MARKED.items():
        as_it_is, for_nought = (_cheaper(some, operation) for some in (cells, free))
        verdict_on = reached(mark, for_nought.middle)
        rows.append([mark.title, times(as_it_is), times(for_nought), mark.text, verdict_on])
    head = ["what is measured", "as it is", "opening and sealing for nothing", "mark", "then"]
    return table(head, rows)


def _where_table(spent: dict[tuple[str, bool], Stages]) -> str:
    rows = []
    for (shape, permanent), found in spent.items():
        costs = [1e6 * (session - without) for session, without in found.values()]
        kind = "permanent" if permanent else "not permanent"
        rows.append([f"{shape}, {kind}", *(f"{cost:.1f}" for cost in (*costs, sum(costs)))])
    return table(["session", *STAGES, "together"], rows)


def _cheaper(cells: Sequence[Cell], operation: str) -> Spread:
    rows = [cell.cheaper(OURS, DEFAULT) for cell in cells if cell.operation == operation]
    return Spread.of(geometric_mean(row) for row in zip(*rows, strict=True))
