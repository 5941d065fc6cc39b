"""What is counted instead of timed, and the program that a counting tool runs.

``python -m benchmarks.counted NAME NUMBER`` does one of them so many times. Whatever is counted
runs without garbage collection, on sessions that are the same in each run.
"""

from __future__ import annotations

import gc
import itertools
import sys
from collections.abc import Callable
from typing import Final

from benchmarks.floor import Product
from benchmarks.operations import OPERATIONS
from benchmarks.peers import OURS, PEERS
from benchmarks.requests import EMPTY, Stage, ask
from benchmarks.shapes import one_shape

SHAPE: Final = "cart"
OPEN, SEAL = "open", "seal"
REQUESTS: Final = ("untouched", "read", "change")
NOTHING: Final = "no session"
"""A request of an application that has none: what is to be taken off the others."""

NAMES: Final = (OPEN, SEAL, *REQUESTS, NOTHING)


def call(name: str) -> Callable[[], object]:
    """What does it once; the sessions of the shape take turns.

    Args:
        name: one of ``NAMES``.
    """
    shape = one_shape(SHAPE)
    if name in (OPEN, SEAL):
        product = Product()
        sessions = itertools.cycle([{"_permanent": True, **one} for one in shape.samples])
        if name == SEAL:
            return lambda: product.seal(next(sessions))
        texts = itertools.cycle([product.seal(next(sessions)) for _ in shape.samples])
        return lambda: product.open(next(texts))
    stage = Stage(shape, [peer for peer in PEERS if peer.name == OURS])
    stage.renew()
    who, what = (EMPTY, "read") if name == NOTHING else (OURS, name)
    operation = next(each for each in OPERATIONS if each.name == what)
    requests = itertools.cycle(stage.environs(who, operation, permanent=False))
    app = stage.apps[who]
    return lambda: ask(app, next(requests))


def main(arguments: list[str]) -> None:
    """Do it, as many times as the command line says."""
    name, number = arguments
    once = call(name)
    gc.disable()
    for _ in range(int(number)):
        once()


if __name__ == "__main__":
    main(sys.argv[1:])
