"""A shop whose list of ended sessions is in a SQLite file, its visitors, and commands on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from cookie_sessions.cli.commands import program
from cookie_sessions.cli.flask_group import sessions
from tests.flask.listed import Browser, shop

REVOCATIONS = "COOKIE_SESSIONS_REVOCATIONS"
INDEX_KEY = "COOKIE_SESSIONS_INDEX_KEY"
NAMES = (
    REVOCATIONS,
    INDEX_KEY,
    "COOKIE_SESSIONS_SNAPSHOT_KEYS",
    "COOKIE_SESSIONS_SNAPSHOT_AUDIENCE",
    "COOKIE_SESSIONS_KEYS",
    "COOKIE_SESSIONS_OVERFLOW",
)
A_KEY = "an index key of 32 characters or more"


class Shop:
    """An application with a list, and commands that find it by the environment.

    Args:
        folder: where the list's file is.
        config: of the application.

    Attributes:
        path: the list's file.
        url: the list's URL.
        app: the application.
    """

    def __init__(self, folder: Path, **config: Any) -> None:
        self.path = folder / "list.db"
        self.url = f"sqlite:{self.path}"
        self.app: Flask = shop(**{REVOCATIONS: self.url, f"{REVOCATIONS}_STALENESS": 0, **config})

    def visitor(self, user: str = "ann") -> Browser:
        """Somebody who has signed in."""
        browser = Browser(self.app)
        browser.get(f"/sign-in/{user}")
        assert browser.get() == user
        return browser

    def run(self, *line: str, env: dict[str, str] | None = None, **options: Any) -> Result:
        """One command, whatever becomes of it but a traceback."""
        return run(*line, env={REVOCATIONS: self.url, **(env or {})}, **options)

    def do(self, *line: str, **options: Any) -> str:
        """One command that must succeed; gives what it printed."""
        result = self.run(*line, **options)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout

    def facts(self, *line: str, **options: Any) -> Any:
        """What a command that must succeed says with --json."""
        return json.loads(self.do(*line, "--json", **options))

    def flask(self, *line: str, **options: Any) -> Result:
        """One command of ``flask sessions``."""
        result = self.app.test_cli_runner().invoke(sessions, list(line), **options)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    def counts(self) -> dict[str, int]:
        """How many entries of each kind there are."""
        counted: dict[str, int] = self.facts("revocations", "count")
        return counted


def run(*line: str, **options: Any) -> Result:
    """One command that is told of no list."""
    result = CliRunner().invoke(program, list(line), **options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names nothing of ours."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
