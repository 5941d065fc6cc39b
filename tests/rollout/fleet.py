"""Instances of the application under gunicorn, restarted one after the other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.gunicorn_server import GunicornServer
from tests.rollout.application import SEALS

ANSWERS = "/untouched"
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


class Instance(GunicornServer):
    """One gunicorn with two processes, on a port of its own.

    Args:
        step: the step of the application.
        environment: further variables of its environment.
        log: where its output goes.
    """

    def __init__(self, step: int, environment: dict[str, str], log: Path) -> None:
        self.step = step
        super().__init__(
            "tests.rollout.application:create_app()",
            options=WORKERS,
            environment=environment | {"ROLLOUT_STEP": str(step)},
            log=log,
        )


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
        self._environment = {"ROLLOUT_KEYS": f"{secrets.token_hex()} {secrets.token_hex()}"}
        self._instances: list[Instance] = []
        self.stage: Stage | None = None
        try:
            for _ in range(size):
                self._instances.append(self._new(step))
            for instance in self._instances:
                instance.wait_until_it_answers(ANSWERS)
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
            instance.wait_until_it_answers(ANSWERS)
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
