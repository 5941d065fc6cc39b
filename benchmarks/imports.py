"""What importing the core costs over the libraries it stands on, in fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import cookie_sessions

LIBRARIES: Final = "cryptography.hazmat.primitives.ciphers.aead, zstandard, ormsgpack"
CORE: Final = "cookie_sessions, cookie_sessions.manager"
"""All that a request needs, whatever the framework."""

_PROGRAM: Final = """
import time
start = time.perf_counter()
import {names}
print(time.perf_counter() - start)
"""


def measure(*, pairs: int) -> tuple[list[float], list[float]]:
    """Seconds more that the libraries and the core take than the libraries alone.

    The libraries' own seconds, the second list, tell fast machines from slow ones.

    Args:
        pairs: how many pairs of processes to start, after one whose figures are dropped.
    """
    programs = [LIBRARIES, f"{LIBRARIES}, {CORE}"]
    differences, libraries = [], []
    with tempfile.TemporaryDirectory() as cache:
        for number in range(pairs + 1):
            turn = number % 2
            taken = {names: _run(names, cache) for names in (programs[turn], programs[1 - turn])}
            differences.append(taken[programs[1]] - taken[programs[0]])
            libraries.append(taken[programs[0]])
    return differences[1:], libraries[1:]


def _run(names: str, cache: str) -> float:
    package = cookie_sessions.__file__ or ""
    environment = {**os.environ, "PYTHONPATH": str(Path(package).parent.parent)}
    # As in an installed package, everything is compiled already, wherever this runs.
    environment["PYTHONPYCACHEPREFIX"] = cache
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(names=names)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
