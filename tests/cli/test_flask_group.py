"""The same commands under ``flask sessions``: what they don't say, the application says."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from cookie_sessions.cli.flask_group import sessions
from cookie_sessions.keys import State
from tests.cli.world import DAY, World
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]
SECRET = "the secret key of this application"


@pytest.fixture
def app(bare: World, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.delenv("COOKIE_SESSIONS_KEYS")
    made = Flask(__name__)
    made.config.update(
        SECRET_KEY=SECRET,
        COOKIE_SESSIONS_KEYS=bare.url,
        PERMANENT_SESSION_LIFETIME=timedelta(days=10),
    )
    return made


def run(app: Flask, *line: str) -> Result:
    result = app.test_cli_runner().invoke(sessions, ["keys", *line])
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def test_the_ring_and_the_longest_session_are_the_applications(app: Flask, bare: World) -> None:
    assert run(app, "init").exit_code == 0
    assert bare.keys().longest_session == 10 * DAY
    assert json.loads(run(app, "list", "--json").stdout)["longest_session"] == 10 * DAY
    assert run(app, "rotate", "--now").exit_code == 0
    assert list(bare.states().values()) == [State.PRIMARY, State.PENDING]


def test_a_longest_session_shorter_than_the_applications_is_remarked_on(app: Flask) -> None:
    run(app, "init")
    result = run(app, "set", "--longest-session", "5d")
    assert result.exit_code == 0
    assert "people would be logged out" in result.stderr


def test_an_absolute_timeout_shortens_the_longest_session(app: Flask, bare: World) -> None:
    app.config["COOKIE_SESSIONS_ABSOLUTE_TIMEOUT"] = timedelta(days=2)
    run(app, "init")
    assert bare.keys().longest_session == 2 * DAY


def test_what_the_command_line_says_comes_first(app: Flask, bare: World) -> None:
    other = bare.path.with_name("other.json")
    run(app, "init", "--keys", f"file:{other}", "--longest-session", "1d")
    assert other.exists()
    assert not bare.path.exists()


def test_the_secret_key_is_the_applications(app: Flask, bare: World) -> None:
    app.config["SECRET_KEY_FALLBACKS"] = ["an older secret key"]
    result = run(app, "from-secret-key")
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert sorted(bare.states().values()) == ["open-only", "pending", "primary"]


def test_verify_compares_the_ring_with_the_application(app: Flask) -> None:
    run(app, "init", "--longest-session", "5d")
    result = run(app, "verify")
    assert result.exit_code == 4
    assert "people would be logged out" in result.stderr
    assert f"keys set --longest-session {10 * DAY}s" in result.stderr
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=5)
    assert run(app, "verify").exit_code == 0
    app.config["COOKIE_SESSIONS_KEYS_RELOAD"] = 7200
    assert "keys set --propagation 86400s" in run(app, "verify").stderr


def test_a_function_that_gives_the_keys_can_be_read_and_not_changed(
    app: Flask, bare: World
) -> None:
    run(app, "init")
    text = bare.path.read_text()
    app.config["COOKIE_SESSIONS_KEYS"] = lambda: text
    assert run(app, "verify").exit_code == 0
    result = run(app, "add")
    assert result.exit_code == 1
    assert "can only be read" in result.stderr


def test_an_application_without_a_ring_is_told_where_to_name_one(app: Flask) -> None:
    app.config["COOKIE_SESSIONS_KEYS"] = None
    result = run(app, "list")
    assert result.exit_code == 1
    assert "has no setting COOKIE_SESSIONS_KEYS" in result.stderr
    app.config["COOKIE_SESSIONS_KEY"] = "file:ring.json"
    assert "Did you mean COOKIE_SESSIONS_KEYS?" in run(app, "list").stderr


def installed(group: str, name: str) -> Any:
    found = list(importlib.metadata.entry_points(group=group, name=name))
    if not found:
        missing("the package as an installed one", "pip install -e '.[cli,flask]'")
    return found[0]


def test_flask_finds_the_group_by_itself(app: Flask, bare: World) -> None:
    assert installed("flask.commands", "sessions").load() is sessions
    run(app, "init")
    bare.path.with_name("storefront.py").write_text(
        f"from flask import Flask\napp = Flask(__name__)\n"
        f"app.config['COOKIE_SESSIONS_KEYS'] = {bare.url!r}\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "flask",
            "--app",
            "storefront:app",
            "sessions",
            "keys",
            "list",
            "--json",
        ],
        cwd=bare.path.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["generation"] == bare.keys().generation
