"""Dynalite for the tests: a server that speaks DynamoDB, with its tables in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cookie_sessions.stores.dynamodb import DynamoDBStore
from environment import DYNALITE_NODE, find_node
from tests.conftest import missing

from .moving_clock import MovingClock
from .program import Program

INSTALL = (
    f"python3 tests/run.py, with Node.js {DYNALITE_NODE} or newer and npm (apt-get install npm)"
)
OPTIONS = [
    *("--host", "127.0.0.1"),
    *("--createTableMs", "0", "--updateTableMs", "0", "--deleteTableMs", "0"),
]


class Dynalite(Program):
    """One server with one table, and stores of it, under a clock that the tests move.

    Args:
        folder: where its output goes.
        standing: the clock of this package.
    """

    def __init__(self, folder: Path, standing: MovingClock) -> None:
        environment = Path(sys.prefix)
        program = environment / "npm" / "node_modules" / "dynalite" / "cli.js"
        node = find_node(environment, minimum=DYNALITE_NODE)
        if node is None or not program.exists():
            missing("dynalite", INSTALL)
        command = [node, str(program), *OPTIONS]
        super().__init__(lambda port: [*command, "--port", str(port)], log=folder / "dynalite.log")
        self._clock = standing

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"dynamodb:sessions?region=eu-west-1&endpoint={self.endpoint}"

    def open(self, *, timeout: float | None = None) -> DynamoDBStore:
        return DynamoDBStore(self.url, timeout=timeout)

    def start(self) -> None:
        super().start()
        with closing(self.open()) as store:
            store.create_table(time_to_live=False)

    def wait_until(self, moment: float) -> None:
        self._clock.wait_until(moment)

    @contextmanager
    def running(self) -> Iterator[Dynalite]:
        self.start()
        try:
            yield self
        finally:
            self.stop()


@contextmanager
def nobodys_credentials(folder: Path) -> Iterator[None]:
    """Have boto3 find credentials of nobody, no region, and nothing of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_CONFIG_FILE", str(folder / "nothing"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "nothing"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield
