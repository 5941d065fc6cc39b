"""``python -m benchmarks load``: requests per second and latency under gunicorn.

Every candidate has a gunicorn of its own, of one process; all but the one that is asked stand
idle. Rounds go over all candidates in turn, and ratios are formed within a round.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks import redis_server
from benchmarks.gunicorn import Gunicorn
from benchmarks.load_generator import Load, Order
from benchmarks.publication import ROOT
from benchmarks.served import CANDIDATES, NEED_REDIS
from benchmarks.shapes import SAMPLES
from benchmarks.timing import turns

OPERATIONS: Final = ("untouched", "read", "change")
CONNECTIONS: Final = SAMPLES
"""A client for each sample of the shape."""

THREADS: Final = 4
"""Threads of each gunicorn; its default kind of worker closes connections after each answer."""


@dataclass(frozen=True, slots=True)
class Loads:
    """What came of all rounds.

    Attributes:
        shape: name of the shape.
        permanent: the kind of session.
        loads: what each candidate made of each operation, round by round.
        why_not: why nothing was measured, and the remedy; empty where it was.
        without: why candidates that need Redis are missing; empty where they are not.
    """

    shape: str
    permanent: bool
    loads: dict[str, dict[str, list[Load]]] = field(default_factory=dict)
    why_not: str = ""
    without: str = ""


class Generator:
    """The load generator in its process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load_generator"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def generate(self, order: Order) -> Load:
        """Have it carry out one order.

        Raises:
            RuntimeError: it stopped, or answers were not 200.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        load = Load(**json.loads(line)) if line else None
        if load is None or load.failed or not load.requests:
            told = (
                "the generator stopped" if load is None else f"{load.failed} answers were not 200"
            )
            raise RuntimeError(
                f"The load on {order.path} came to nothing: {told}, of "
                f"{load.requests if load else 0} requests. No figures are printed."
            )
        return load

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def why_not() -> str:
    """Why no load can be measured here, and the remedy; empty where it can."""
    if find_spec("gunicorn") is None:
        return "gunicorn is not installed: pip install --group bench"
    return ""


def measure(*, shape: str, permanent: bool, count: int, seconds: float) -> Loads:
    """All candidates and operations, ``count`` times each.

    Args:
        shape: name of the shape of the sessions.
        permanent: the kind of session.
        count: number of rounds.
        seconds: how long one candidate is asked for one operation in one round.
    """
    if why_not():
        return Loads(shape, permanent, why_not=why_not())
    without = redis_server.why_not()
    names = [name for name in CANDIDATES if not (without and name in NEED_REDIS)]
    found: dict[str, dict[str, list[Load]]] = {
        operation: {name: [] for name in names} for operation in OPERATIONS
    }
    with ExitStack() as stack:
        url = "" if without else stack.enter_context(redis_server.running())
        servers = stack.enter_context(_servers(names, shape, url))
        cookies = {name: _cookies(servers[name], permanent=permanent) for name in names}
        generator = Generator()
        stack.callback(generator.stop)
        for number in range(count):
            for operation in OPERATIONS:
                for name in turns(names, number):
                    order = Order(servers[name].port, f"/{operation}", cookies[name], seconds)
                    found[operation][name].append(generator.generate(order))
    return Loads(shape, permanent, found, without=without)


@contextmanager
def _servers(names: Sequence[str], shape: str, url: str) -> Iterator[Mapping[str, Gunicorn]]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = {}
        for number, name in enumerate(names):
            log = Path(folder) / f"{number}.log"
            servers[name] = Gunicorn(name, shape, redis=url, threads=THREADS, log=log)
            stack.callback(servers[name].stop)
        for server in servers.values():
            server.wait()
        yield servers


def _cookies(server: Gunicorn, *, permanent: bool) -> list[str]:
    query = "?permanent" if permanent else ""
    return [server.cookie_from(f"/seed/{number % SAMPLES}{query}") for number in range(CONNECTIONS)]
