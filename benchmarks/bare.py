"""A request that brings no session cookie, as most visitors' first ones and all of crawlers do."""

from __future__ import annotations

import time
from typing import Any, Final

from benchmarks.operations import OPERATIONS, Operation
from benchmarks.requests import Cell, Stage, ask, environ, visit
from benchmarks.shapes import SAMPLES, one_shape

MEASURED: Final = {"untouched": "untouched", "read": "read one key"}
"""What the view does, and what that is called in the tables."""

NONE, OTHERS = "no session cookie", "no session cookie, four others"
HEADERS: Final = {
    NONE: "",
    OTHERS: "theme=dark; _ga=GA1.2.1234567890.1700000000; consent=yes; lang=de",
}
"""The Cookie header of such requests, by what they are called in the tables."""


class BareStage(Stage):
    """Candidates whose requests bring no cookie.

    Attributes:
        kind: which of ``HEADERS`` the requests have.
    """

    kind = NONE

    def environs(self, name: str, operation: Operation, *, permanent: bool) -> list[dict[str, Any]]:
        """As many requests as there are samples, all alike."""
        path = f"/{operation.name}"
        return [{**environ(path, HEADERS[self.kind]), **self.browser} for _ in range(SAMPLES)]


class OthersStage(BareStage):
    """Candidates whose requests bring cookies, and that of a session is not among them."""

    kind = OTHERS


def measure(*, count: int, repeats: int, seconds: float) -> list[Cell]:
    """Every candidate, without a session cookie: each cell has its kind of request as its shape.

    Args:
        count: number of rounds, at most.
        repeats: requests of each candidate and operation in a round.
        seconds: begin no further round after so many seconds.

    Raises:
        RuntimeError: a candidate answers such a request with a cookie, or not at all.
    """
    cells = [
        (stage, operation, Cell(operation.name, stage.kind, permanent=False))
        for stage in (kind(one_shape("tiny")) for kind in (BareStage, OthersStage))
        for operation in OPERATIONS
        if operation.name in MEASURED
    ]
    for stage, operation, _ in cells:
        for name, app in stage.apps.items():
            answer = ask(app, stage.environs(name, operation, permanent=False)[0])
            if answer.status != "200 OK" or answer.cookies:
                raise RuntimeError(
                    f"{name} answers a request without a session cookie with {answer.status} and "
                    f"{len(answer.cookies)} cookies, so its figures would mean nothing, and none "
                    f"are printed."
                )
    start = time.perf_counter()
    for number in range(count):
        for stage, operation, cell in cells:
            visit(stage, operation, cell, turn=number, repeats=repeats)
        if time.perf_counter() - start > seconds:
            break
    return [cell for _, _, cell in cells]
