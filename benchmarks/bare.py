"""A request that brings no session cookie, as most visitors' first ones and all of crawlers do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.operations import OPERATIONS, Operation
from benchmarks.peers import DEFAULT, OURS
from benchmarks.requests import Cell, Stage, ask, environ, visit
from benchmarks.shapes import SAMPLES, one_shape
from benchmarks.timing import Spread, geometric_mean

MEASURED: Final = {
    "untouched": "no session cookie, untouched",
    "read": "no session cookie, read one key",
}
"""What the view does, and what that is called in the tables."""


class BareStage(Stage):
    """Candidates whose requests bring no cookie."""

    def environs(self, name: str, operation: Operation, *, permanent: bool) -> list[dict[str, Any]]:
        """As many requests as there are samples, all alike."""
        path = f"/{operation.name}"
        return [{**environ(path, ""), **self.browser} for _ in range(SAMPLES)]


def measure(*, count: int, repeats: int, seconds: float) -> list[Cell]:
    """Every candidate, without a cookie.

    Args:
        count: number of rounds, at most.
        repeats: requests of each candidate and operation in a round.
        seconds: begin no further round after so many seconds.

    Raises:
        RuntimeError: a candidate answers such a request with a cookie, or not at all.
    """
    stage = BareStage(one_shape("tiny"))
    operations = [each for each in OPERATIONS if each.name in MEASURED]
    cells = [(each, Cell(each.name, "none", permanent=False)) for each in operations]
    for operation in operations:
        for name, app in stage.apps.items():
            answer = ask(app, environ(f"/{operation.name}", ""))
            if answer.status != "200 OK" or answer.cookies:
                raise RuntimeError(
                    f"{name} answers a request without a cookie with {answer.status} and "
                    f"{len(answer.cookies)} cookies, so its figures would mean nothing, and none "
                    f"are printed."
                )
    start = time.perf_counter()
    for number in range(count):
        for operation, cell in cells:
            visit(stage, operation, cell, turn=number, repeats=repeats)
        if time.perf_counter() - start > seconds:
            break
    return [cell for _, cell in cells]


def cheaper(cells: Sequence[Cell], operation: str, than: str = DEFAULT) -> Spread:
    """How many times cheaper ours is than another candidate, without a cookie."""
    rows = [cell.cheaper(OURS, than) for cell in cells if cell.operation == operation]
    return Spread.of(geometric_mean(row) for row in zip(*rows, strict=True))
