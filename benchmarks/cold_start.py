"""Fresh processes that import the core and open a cookie which another process sealed."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cookie_sessions
from benchmarks import first_cookie
from benchmarks.shapes import one_shape
from cookie_sessions import clock
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.events import Events
from cookie_sessions.keys import KeyRing, from_secret_keys, new_jwk_set, parse_jwk_set
from cookie_sessions.manager import SessionManager
from cookie_sessions.policy import Timeouts
from cookie_sessions.session import Session
from cookie_sessions.settings import Settings

NONE: Final = "none"
SECRET: Final = "secret"  # noqa: S105 - it says where keys come from.
RING: Final = "ring"
NAME: Final = "session"

_PROGRAM: Final = first_cookie.__file__ or ""
_SECONDS: Final = 60
_LIFE: Final = 86_400


@dataclass(frozen=True, slots=True)
class Start:
    """What one cold process told.

    Attributes:
        seconds: from its first import to the value that it read from the cookie.
        modules: everything that was loaded.
        threads: how many threads ran at its end.
        importtime: what ``-X importtime`` printed, if it was asked to.
    """

    seconds: float
    modules: frozenset[str]
    threads: int
    importtime: str


class ColdStarts:
    """Starts processes, each with the same cookie, keys and compiled files.

    Args:
        cache: a folder for compiled files, which all processes share.
        python: the interpreter.
    """

    def __init__(self, cache: str, *, python: str = sys.executable) -> None:
        self._cache = cache
        self._python = python
        self._given = {SECRET: _with_secret(), RING: _with_ring(), NONE: {}}

    def run(self, keys: str, *, importtime: bool = False, compiled: bool = True) -> Start:
        """Start one process.

        Args:
            keys: where it has them from; ``none``: it imports the libraries and opens nothing.
            importtime: whether the interpreter notes what each import costs.
            compiled: whether compiled files are there; else everything is compiled for this once.
        """
        # -P: else the folder of the program, whose files are called as libraries are, comes first.
        command = [self._python, "-P", *(["-X", "importtime"] if importtime else []), _PROGRAM]
        done = subprocess.run(
            [*command, keys],
            env={**self._environment(compiled=compiled), **self._given[keys]},
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
        seconds, modules, threads = done.stdout.splitlines()
        return Start(float(seconds), frozenset(modules.split()), int(threads), done.stderr)

    def _environment(self, *, compiled: bool) -> dict[str, str]:
        package = cookie_sessions.__file__ or ""
        environment = {**os.environ, "PYTHONPATH": str(Path(package).parent.parent)}
        # As in an installed package, everything is compiled already, wherever this runs.
        environment["PYTHONPYCACHEPREFIX"] = self._cache
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME"):
            environment.pop(name, None)
        if not compiled:
            environment["PYTHONPYCACHEPREFIX"] = str(Path(self._cache) / "empty")
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return environment


@contextmanager
def cold_starts(*, python: str = sys.executable) -> Iterator[ColdStarts]:
    """Have cold starts whose files have been compiled and read once.

    Args:
        python: the interpreter; one that has the libraries.
    """
    with TemporaryDirectory() as cache:
        starts = ColdStarts(cache, python=python)
        for keys in (NONE, SECRET, RING):
            starts.run(keys)
        yield starts


def _with_secret() -> dict[str, str]:
    secret = secrets.token_hex()
    return {"SECRET_KEY": secret, "COOKIE_HEADER": _cookie(from_secret_keys(secret))}


def _with_ring() -> dict[str, str]:
    text = new_jwk_set()
    keys = parse_jwk_set(text, origin="a ring that was made just now")
    return {"SESSION_KEYS": text, "COOKIE_HEADER": _cookie(keys.ring(clock.now()))}


def _cookie(keys: KeyRing) -> str:
    """A visitor's Cookie header: a session of the shape that the built-in dictionary is for."""
    timeouts = Timeouts(idle=_LIFE)
    manager = SessionManager(
        settings=Settings(), ring=lambda: keys, timeouts=lambda: timeouts, events=Events()
    )
    session = manager.load(manager.arrival("", name=NAME), session_class=Session)
    session.update(one_shape("cart").samples[0])
    session._commit()
    session._settle()
    (line,) = manager.seal(session, cookie=CookieAttributes(NAME), expires=None)
    return line.partition(";")[0]
