"""The application under four workers, and the visitors who never stop."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.farm.connection import REQUESTS_EACH, Answer, Connection
from tests.farm.herd import THREADS, Herd
from tests.farm.jar import Tally
from tests.gunicorn_server import PATIENCE, GunicornServer

WORKERS = 4
OPTIONS = [f"--workers={WORKERS}", "--threads=2", "--worker-class=gthread", "--preload"]
HERDS = 2

ROUNDS = 10


class Visited:
    """Four workers that begin with the keys of their parent, and processes full of visitors.

    Args:
        folder: where the servers' output goes.
        keys: the ring file.
        jars: how many visitors.
        environment: further variables for the servers.
    """

    def __init__(
        self, folder: Path, keys: Path, *, jars: int, environment: dict[str, str] | None = None
    ) -> None:
        self._stack = ExitStack()
        self._log = folder / "gunicorn.log"
        self._server = GunicornServer(
            "tests.farm.application:create_app()",
            options=OPTIONS,
            environment={"FARM_KEYS": str(keys)} | (environment or {}),
            log=self._log,
        )
        self._stack.callback(self._server.stop)
        self._jars = jars
        self._herds: list[Herd] = []

    def __enter__(self) -> Self:
        share = self._jars // HERDS
        with ExitStack() as stack:
            stack.push(self)
            self._server.wait_until_it_answers("/untouched")
            for number in range(HERDS):
                herd = Herd(self._server.port, first=number * share, count=share)
                self._herds.append(self._stack.enter_context(herd))
            stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def requests(self) -> int:
        """How many requests have been answered by now."""
        return sum(herd.requests for herd in self._herds)

    @property
    def log(self) -> str:
        """What the servers have said."""
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, requests: int, *, patience: float = 300) -> None:
        """Wait until so many requests were answered.

        Raises:
            AssertionError: that took longer than ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        while self.requests < requests:
            assert time.monotonic() < deadline, "the farm takes too long"
            time.sleep(0.02)

    def wait_for_more(self) -> None:
        """Wait until each visitor has made about ten more requests."""
        self.wait_for(self.requests + ROUNDS * self._jars)

    def restart_a_worker(self, generation: str) -> None:
        """End the worker that answers next, and wait until the one that takes its place is there.

        Args:
            generation: the keys that the new one will tell of.
        """
        os.kill(int(self._ask("GET", "/untouched").worker), signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while f"keys_loaded generation={generation}" not in self.log:
            assert time.monotonic() < deadline, "gunicorn has started no other worker"
            self._ask("POST", "/sign-in?name=nobody")

    def wait_for_changes_of_worker(self) -> None:
        """Wait until each connection of the visitors has been opened anew."""
        self.wait_for(self.requests + 2 * HERDS * THREADS * REQUESTS_EACH)

    def _ask(self, method: str, path: str) -> Answer:
        connection = Connection(self._server.port)
        try:
            return connection.send(method, path, cookie=None)
        finally:
            connection.close()

    def leave(self) -> Tally:
        """Have every visitor write once more and go.

        Returns:
            What all of them counted.
        """
        for herd in self._herds:
            herd.leave()
        return sum((herd.tally() for herd in self._herds), Tally())
