"""A ring file in a folder, commands on it, and a clock that stands still."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cookie_sessions import clock
from cookie_sessions.cli.commands import program
from cookie_sessions.keys import KeySet, State, parse_jwk_set
from tests.conftest import missing

NOW = 1_893_456_000
"""2030-01-01 00:00 UTC."""

HOUR = 3600
DAY = 86_400
INIT = ("--longest-session", "31d", "--rotate-every", "90d")


class World:
    """Commands on one ring file at a moment that the test sets.

    Args:
        folder: where the file is.
        monkeypatch: stops the clock.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = folder / "ring.json"
        self.now = NOW
        self.url = f"file:{self.path}"
        monkeypatch.setattr(clock, "now", lambda: float(self.now))
        monkeypatch.setenv("COOKIE_SESSIONS_KEYS", self.url)

    def run(self, *line: str, **options: Any) -> Result:
        """One command, whatever becomes of it but a traceback."""
        result = CliRunner().invoke(program, ["keys", *line], **options)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    def do(self, *line: str, **options: Any) -> str:
        """One command that must succeed; gives what it printed."""
        result = self.run(*line, **options)
        assert result.exit_code == 0, result.output
        return result.stdout

    def facts(self, *line: str) -> Any:
        """What a command that must succeed says with --json."""
        return json.loads(self.do(*line, "--json"))

    def keys(self) -> KeySet:
        """The ring as the file has it."""
        return parse_jwk_set(self.path.read_bytes(), origin="the test")

    def states(self) -> dict[str, State]:
        """The states of the keys, by label."""
        keys = self.keys()
        states = keys.resolve(self.now).states
        return {entry.label: states[entry.kid] for entry in keys.entries}


def names(folder: Path) -> set[str]:
    """What is in a folder."""
    return {path.name for path in folder.iterdir()}


def need_joserfc() -> None:
    """Go on only where encrypted rings can be read."""
    if importlib.util.find_spec("joserfc") is None:
        missing("the library for JWE", "pip install 'cookie-sessions[wrapped]'")


def as_nobody(work: Callable[[], None]) -> None:
    """Call with the rights of a common user, also where the tests run as root."""
    if os.geteuid() != 0:
        work()
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        work()
    finally:
        os.seteuid(0)
        os.setegid(0)
