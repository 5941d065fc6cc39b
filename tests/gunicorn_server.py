"""Real applications under a real gunicorn, on a port of their own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds until a server that does not start or stop is given up."""


class GunicornServer:
    """One gunicorn with its worker processes.

    Args:
        application: what it serves, as gunicorn's command line names it.
        options: further options of that command line.
        environment: further variables of its environment.
        log: where its output goes.
    """

    def __init__(
        self,
        application: str,
        *,
        options: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        with socket.create_server((HOST, 0)) as listener, log.open("ab") as output:
            self.port: int = listener.getsockname()[1]
            port = listener.fileno()
            # Nobody else holds the port open, so it refuses connections once the process stops.
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", application),
                    *(f"--bind=fd://{port}", "--no-control-socket", "--log-level=warning"),
                    *options,
                ],
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                cwd=ROOT,
                stdout=output,
                stderr=output,
                pass_fds=[port],
            )

    def wait_until_it_answers(self, path: str) -> None:
        """Return after its first answer; ConnectionError if it stopped instead.

        Args:
            path: a page that is answered with 200.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
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
