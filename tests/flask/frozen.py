"""Sandboxes that the tests start, ask, freeze and thaw."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Told(NamedTuple):
    """What a visitor got.

    Attributes:
        status: the HTTP status.
        text: the body.
        retry_after: that header, or None.
        cookies: name and value of each cookie that was set.
        seconds: how long it took.
        threads: the names of the sandbox's threads at the end of it.
    """

    status: int
    text: str
    retry_after: str | None
    cookies: list[str]
    seconds: float
    threads: list[str]

    @property
    def cookie(self) -> str:
        """The visitor's Cookie header afterwards."""
        return "; ".join(cookie for cookie in self.cookies if not cookie.endswith("="))


class Sandbox:
    """One process that answers one request at a time.

    Args:
        process: it.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def get(self, path: str = "/", cookie: str = "", **more: Any) -> Told:
        """The answer to one request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"path": path, "cookie": cookie, **more}) + "\n")
        self._process.stdin.flush()
        return Told(**json.loads(self._process.stdout.readline()))

    def freeze(self) -> None:
        """Stop it, and return when it has stopped."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def sandbox(config: dict[str, Any], **environment: str) -> Iterator[Sandbox]:
    """Have one while the block lasts.

    Args:
        config: of its application.
        environment: further variables of the process.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tests.flask.sandbox"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(config) + "\n")
            process.stdin.flush()
            yield Sandbox(process)
        finally:
            process.kill()
