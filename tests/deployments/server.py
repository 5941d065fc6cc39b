"""One server or proxy on this machine, from its start to its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.deployments.client import HOST, PATIENCE

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """A process that listens on a port, in a group of its own with the workers that it starts.

    Args:
        command: its program and arguments.
        port: where it will listen.
        log: the file for its output.
        environment: further variables.
    """

    def __init__(
        self, command: Sequence[str], *, port: int, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.port = port
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_it_listens(self) -> None:
        """Return when it takes connections; RuntimeError with its output where it does not."""
        deadline = time.monotonic() + PATIENCE
        while not self._listens():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(self._log.read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and its workers, and wait until it has gone."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            # Its workers went with it, as they should.
            pass

    def _listens(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=PATIENCE).close()
        except ConnectionError:
            return False
        return True
