"""A real memcached for the tests."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cookie_sessions.stores.memcached import MemcachedStore
from tests.conftest import missing

from .moving_clock import MovingClock
from .program import Program

INSTALL = "apt-get install memcached (Debian)"


class Memcached(Program):
    """One server, and stores of it, under a clock that the tests move.

    Args:
        folder: where its output goes.
        standing: the clock of this package; the server's own goes on.
        options: more arguments of the program.
    """

    def __init__(self, folder: Path, standing: MovingClock, *options: str) -> None:
        program = shutil.which("memcached") or missing("memcached", INSTALL)
        command = [program, "-l", "127.0.0.1", "-U", "0", "-u", getpass.getuser(), *options]
        super().__init__(lambda port: [*command, "-p", str(port)], log=folder / "memcached.log")
        self._clock = standing

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def open(self, *, timeout: float | None = None) -> MemcachedStore:
        return MemcachedStore(f"memcached://{self.address}", timeout=timeout)

    def wait_until(self, moment: float) -> None:
        self._clock.wait_until(moment)

    @contextmanager
    def running(self) -> Iterator[Memcached]:
        self.start()
        try:
            yield self
        finally:
            self.stop()
