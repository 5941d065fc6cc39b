"""A server program on a port of 127.0.0.1, which the tests start, stop and hold up."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.held_port import HOST, held_port

PATIENCE = 60
"""Seconds that a program may take to answer on its port, or to end."""


class Program:
    """One process, started anew on the same port as often as a test wants.

    Args:
        command: gives the program and its arguments, from the port.
        log: the file that takes its output.
    """

    def __init__(self, command: Callable[[int], list[str]], *, log: Path) -> None:
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port: int = held_port(self)

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(self.port), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        last = time.monotonic() + PATIENCE
        while not self._takes_connections():
            ended = self._process.poll()
            if ended is not None or time.monotonic() > last:
                self.stop()
                raise AssertionError(f"it did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it, and return when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Keep it from doing anything; its connections stay as they are."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        # A signal is only on its way yet: a thread of it might answer once more.
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def _takes_connections(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), PATIENCE).close()
        except OSError:
            return False
        return True
