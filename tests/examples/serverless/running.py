"""The function behind its local front, and the same application under gunicorn."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.gunicorn_server import HOST, PATIENCE, ROOT, GunicornServer

PATHS = [ROOT, ROOT / "examples", ROOT / "examples/serverless/function", ROOT / "tests/runner"]
PYTHONPATH = os.pathsep.join(map(str, PATHS))

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


class Running:
    """The function and its front, in a process of their own.

    Attributes:
        pid: the process's number.
        address: where a browser finds it.
        said: what it printed on its way there.
    """

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.pid = process.pid
        self.said = ""
        self._log = log
        assert process.stdout is not None
        for line in process.stdout:
            self.said += line
            if found := _ADDRESS.search(line):
                self.address = found[0]
                return
        raise AssertionError(f"it did not start: {self.said}{self.log}")

    @property
    def log(self) -> str:
        """What it wrote to its standard error."""
        return self._log.read_text()


@contextlib.contextmanager
def function(
    shape: str, adapter: str, *, settings: Mapping[str, str], folder: Path
) -> Iterator[Running]:
    """One sandbox, which has not answered anything yet; it is gone when the block ends.

    Args:
        shape: which gateway stands in front.
        adapter: what makes a WSGI request of an event.
        settings: variables of its environment.
        folder: for its log.
    """
    command = [sys.executable, "-m", "serverless", "--shape", shape, "--adapter", adapter]
    log = folder / "function.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment_of(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Running(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)


@contextlib.contextmanager
def under_gunicorn(*, settings: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The same application as a server; yields its address.

    Args:
        settings: variables of its environment.
        folder: for its log.
    """
    server = GunicornServer(
        "jotter.application:create_app()",
        options=["--workers=1", "--threads=2"],
        environment={**environment_of(settings)},
        log=folder / "gunicorn.log",
    )
    try:
        server.wait_until_it_answers("/")
        yield f"http://{HOST}:{server.port}/"
    finally:
        server.stop()


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without what concerns AWS or the jotter, and the settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "JOTTER_", "PYTHON"))
    }
    nobody = {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "eu-west-1",
    }
    return kept | nobody | {"PYTHONPATH": PYTHONPATH} | dict(settings)
