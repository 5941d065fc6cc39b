"""The shop under gunicorn, as its README starts it, on a free port of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
FACTORY = "shop:create_app()"
PATIENCE = 60.0
"""Seconds until a gunicorn that does not stop is given up; it gives its workers 30."""


class RunningShop:
    """Gunicorn with two workers. The port stays the same over restarts; `log` is its output.

    Browsers need threads: they open connections ahead, and one that stays silent would hold a
    worker that has but one thread until gunicorn ends it.

    Args:
        folder: takes the shop's data and the log.
        threads: of each worker.
        factory: what gunicorn serves.
        settings: variables of the environment that the shop reads.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 1,
        factory: str = FACTORY,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.instance = folder / "instance"
        self.log = folder / "gunicorn.log"
        self._settings = folder / "gunicorn.conf.py"
        self._settings.write_text("control_socket_disable = True\n", encoding="ascii")
        self._threads = threads
        self._factory = factory
        self._environment = {"SHOP_INSTANCE": str(self.instance), **(settings or {})}
        # The test holds the port: visitors who come during a start wait instead of failing.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start gunicorn."""
        port = self._listener.fileno()
        path = os.pathsep.join([str(ROOT), str(ROOT / "examples")])
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", self._factory),
                    *("--workers=2", f"--threads={self._threads}"),
                    *(f"--bind=fd://{port}", f"--config={self._settings}"),
                ],
                cwd=self.instance.parent,
                env=os.environ | {"PYTHONPATH": path} | self._environment,
                stdout=log,
                stderr=log,
                pass_fds=[port],
            )

    def stop(self) -> None:
        """Stop the gunicorn that was started here, and wait until it has gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=PATIENCE)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def close(self) -> None:
        """Stop, and give the port back."""
        self.stop()
        self._listener.close()

    def visitor(self) -> Visitor:
        """Somebody new."""
        return Visitor(self.address)


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    running = RunningShop(tmp_path_factory.mktemp("shop"))
    running.start()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def own_shop(tmp_path: Path) -> Iterator[RunningShop]:
    """A shop that no other test uses, not started yet."""
    running = RunningShop(tmp_path)
    try:
        yield running
    finally:
        running.close()
