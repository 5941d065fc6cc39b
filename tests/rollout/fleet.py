"""Instances of the application under gunicorn, restarted one after the other."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.rollout.application import SEALS

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds until an instance that does not start or stop is given up."""

WORKERS = ["--workers=2", "--threads=4", "--worker-class=gthread"]


class Stage(NamedTuple):
    """What is running while nothing is being restarted; no two stages of a fleet are equal.

    Attributes:
        number: how many stages there were before.
        steps: the step that each instance is at.
    """

    number: int
    steps: tuple[int, ...]

    @property
    def is_mixed(self) -> bool:
        """Whether a restart of some instances is still to come."""
        return len(set(self.steps)) > 1


class Instance:
    """One gunicorn with two processes, on a port of its own.

    Args:
        step: the step of the application.
        environment: further variables of its environment.
        log: where its output goes.
    """

    def __init__(self, step: int, environment: dict[str, str], log: Path) -> None:
        self.step = step
        with socket.create_server((HOST, 0)) as listener, log.open("ab") as output:
            self.port: int = listener.getsockname()[1]
            port = listener.fileno()
            # Nobody else holds the port open, so it refuses connections once the process stops.
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "tests.rollout.application:create_app()"),
                    *(f"--bind=fd://{port}", "--no-control-socket", "--log-level=warning"),
                    *WORKERS,
                ],
                env=os.environ | environment | {"ROLLOUT_STEP": str(step)},
                cwd=ROOT,
                stdout=output,
                stderr=output,
                pass_fds=[port],
            )

    def wait_until_it_answers(self) -> None:
        """Return after its first answer; ConnectionError if it stopped instead."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/untouched")
            assert connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()

    def end(self) -> None:
        """Tell it to take no new requests, finish those it has, and go; does not wait for that."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it, and wait until it has gone."""
        self.end()
        try:
            self._process.wait(timeout=PATIENCE)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()


class Fleet:
    """Several instances of one application.

    Args:
        step: the step that all of them begin at.
        size: how many.
        folder: where their output goes, into ``gunicorn.log``.

    Attributes:
        stage: what is running; None while an instance is being restarted.
        ports: where the instances are; one of them may refuse connections during its restart.
        restarts: how many there have been.
    """

    def __init__(self, step: int, *, size: int, folder: Path) -> None:
        self.log = folder / "gunicorn.log"
        self.restarts = 0
        self._stages = 0
        self._environment = {
            "PYTHONPATH": str(ROOT),
            "ROLLOUT_KEYS": f"{secrets.token_hex()} {secrets.token_hex()}",
        }
        self._instances: list[Instance] = []
        self.stage: Stage | None = None
        try:
            for _ in range(size):
                self._instances.append(self._new(step))
            for instance in self._instances:
                instance.wait_until_it_answers()
            self._settle()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def ports(self) -> list[int]:
        return [instance.port for instance in self._instances]

    def roll_to(self, step: int) -> Iterator[Stage]:
        """Restart one instance after the other into another step; yields after each."""
        for place, instance in enumerate(self._instances):
            self.stage = None
            instance.stop()
            self._instances[place] = self._started(step)
            self.restarts += 1
            yield self._settle()
        if step == SEALS:
            self._environment.setdefault("ROLLOUT_SEALED_AT", datetime.now(UTC).isoformat())

    def stop(self) -> None:
        """Stop all of them."""
        self.stage = None
        with ExitStack() as stack:
            for instance in self._instances:
                stack.callback(instance.stop)
            for instance in self._instances:
                instance.end()

    def _started(self, step: int) -> Instance:
        """A new instance that answers; until then no visitor is sent to it."""
        instance = self._new(step)
        try:
            instance.wait_until_it_answers()
        except BaseException:
            instance.stop()
            raise
        return instance

    def _new(self, step: int) -> Instance:
        return Instance(step, self._environment, self.log)

    def _settle(self) -> Stage:
        self.stage = Stage(self._stages, tuple(instance.step for instance in self._instances))
        self._stages += 1
        return self.stage
