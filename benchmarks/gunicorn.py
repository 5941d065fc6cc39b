"""A gunicorn of the benchmark's own: started on a free port, ended by its process."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.publication import ROOT
from benchmarks.served import REDIS

HOST: Final = "127.0.0.1"
PATIENCE: Final = 60.0
"""Seconds until a server that does not answer is given up."""


class Gunicorn:
    """One gunicorn with one worker process, which keeps connections open.

    Args:
        candidate: what it serves, one of ``served.CANDIDATES``.
        shape: name of the shape of its sessions.
        redis: URL of the Redis, or empty.
        threads: of its worker.
        log: where its output goes.
    """

    def __init__(self, candidate: str, shape: str, *, redis: str, threads: int, log: Path) -> None:
        self.candidate = candidate
        self._log = log
        with socket.create_server((HOST, 0)) as listener, log.open("ab") as output:
            self.port: int = listener.getsockname()[1]
            descriptor = listener.fileno()
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn"),
                    f"benchmarks.served:application({candidate!r}, {shape!r})",
                    *(f"--bind=fd://{descriptor}", "--no-control-socket", "--log-level=warning"),
                    *("--worker-class=gthread", f"--threads={threads}", "--keep-alive=600"),
                    # Else one that takes long to start is ended, and begins again, for ever.
                    f"--timeout={PATIENCE:.0f}",
                ],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), REDIS: redis},
                stdout=output,
                stderr=output,
                pass_fds=[descriptor],
            )

    def wait(self) -> None:
        """Return once it answers.

        Raises:
            RuntimeError: it stopped instead.
        """
        try:
            self.cookie_from("/untouched")
        except OSError as error:
            raise RuntimeError(
                f"gunicorn does not serve {self.candidate}: {error}. Its log ends with: "
                f"{self._log.read_text(encoding='utf-8')[-500:]}"
            ) from None

    def cookie_from(self, path: str) -> str:
        """``name=value`` of the session cookie that a page sets; empty where it sets none.

        Raises:
            OSError: it does not answer.
            RuntimeError: it answers with another status than 200.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{self.candidate} answers {path} with {answer.status}.")
            return (answer.getheader("Set-Cookie") or "").partition(";")[0]
        finally:
            connection.close()

    def stop(self) -> None:
        """End it, and wait until it has gone."""
        self._process.terminate()
        try:
            self._process.wait(timeout=PATIENCE)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
