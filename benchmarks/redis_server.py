"""A Redis of the benchmark's own: started on a free port, ended by its process."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

HOST: Final = "127.0.0.1"
PATIENCE: Final = 60.0
"""Seconds until a server that does not answer is given up."""

_PROGRAM: Final = "redis-server"
_VERSION: Final = re.compile(r"\bv=(\S+)")


def why_not() -> str:
    """Why nothing can be measured with Redis here, and the remedy; empty where it can."""
    if shutil.which(_PROGRAM) is None:
        return "redis-server is not installed: apt-get install redis-server"
    for module, package in (("redis", "redis"), ("flask_session", "Flask-Session")):
        if find_spec(module) is None:
            return f"{package} is not installed: pip install --group bench"
    return ""


def installed() -> str:
    """Name and version of the server that is installed here; empty where there is none."""
    if shutil.which(_PROGRAM) is None:
        return ""
    told = subprocess.run([_PROGRAM, "--version"], capture_output=True, text=True, check=True)
    version = _VERSION.search(told.stdout)
    return f"{_PROGRAM} {version[1] if version else told.stdout.strip()}"


@contextmanager
def running() -> Iterator[str]:
    """A server that keeps its data in memory only; gives its URL.

    Raises:
        RuntimeError: it does not start.
    """
    with tempfile.TemporaryDirectory() as folder, socket.socket() as held:
        # Held and not listened on, it is given to nobody else, and the server may still take it.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((HOST, 0))
        port: int = held.getsockname()[1]
        command = [_PROGRAM, "--port", str(port), "--bind", HOST, "--dir", folder]
        command += ["--save", "", "--appendonly", "no"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(process, port)
            yield f"redis://{HOST}:{port}/0"
        finally:
            process.terminate()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(
        "redis-server did not start, so nothing can be measured with it. Try it by hand: "
        "redis-server --port 0"
    )
