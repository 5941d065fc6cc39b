"""``cookie-sessions doctor --app``: applications without Flask, asked by their names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cookie_sessions.cli.commands import program
from cookie_sessions.cli.doctor.configuration import CHECKS

MODULE = """
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from flask import Flask
from quart import Quart
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.asgi import SessionMiddleware as Asgi
from cookie_sessions.middleware.quart import CookieSessions
from cookie_sessions.middleware.starlette import SessionMiddleware
from cookie_sessions.middleware.wsgi import SessionMiddleware as Wsgi

SECRET = "canary of a secret key that is long enough"
settings = {
    "SECRET_KEY": SECRET,
    "COOKIE_SESSIONS_COOKIE_PREFIX": "host",
    "COOKIE_SESSIONS_REVOCATIONS": "sqlite:list.db",
}
sessions = Sessions(settings)
wsgi = Wsgi(lambda environ, start_response: [], sessions)
asgi = Asgi(lambda scope, receive, send: None, sessions)
drop_in = FastAPI()
drop_in.add_middleware(lambda app: app)
drop_in.add_middleware(SessionMiddleware, SECRET, config=settings)
# What is added later stands before it.
drop_in.add_middleware(lambda app: app)
drop_in.add_middleware(GZipMiddleware)
given = FastAPI()
given.add_middleware(Asgi, config=sessions)
pond = Quart("pond")
pond.config.update(settings)
CookieSessions(pond)
flask = Flask("flask")
bare = FastAPI()
wrong = {"SECRET_KEY": SECRET, "COOKIE_SESSIONS_COOKIE_PREFX": "host"}
weak = {"SECRET_KEY": "short", "SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True}
"""
FLASKS = ("CookieSessions(app", "Flask-WTF", "Flask-Login is not")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop_to_ask.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "shop_to_ask", raising=False)


def doctor(name: str, *line: str) -> Result:
    result = CliRunner().invoke(program, ["doctor", "--app", f"shop_to_ask:{name}", *line])
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    assert "canary" not in result.output
    return result


@pytest.mark.parametrize(
    "name", ["sessions", "settings", "wsgi", "asgi", "drop_in", "given", "pond"]
)
def test_sessions_are_found_by_whatever_has_them(name: str) -> None:
    result = doctor(name, "--json", "--accept", "subject")
    assert result.exit_code == 0
    found = {each["check"]: each for each in json.loads(result.stdout)["checks"]}
    for check in ("interface", "has_list", "secure", "host_prefix", "samesite", "secret_key"):
        assert found[check]["level"] == "ok", check
    assert found["subject"]["accepted"]
    assert found["csrf"]["level"] == "note"
    assert found.keys() <= {check.name for check in CHECKS}


def test_what_is_weak_is_told_with_a_fix_that_is_there_without_flask() -> None:
    result = doctor("weak")
    assert result.exit_code == 4
    for told in ("fewer than 16 octets", "SameSite=None", "no list of ended sessions", "7.4.1"):
        assert told in result.stderr
    assert result.stderr.count("docs/middleware.md") == 2
    assert not [each for each in FLASKS if each in result.output]


def test_a_wrong_setting_is_an_error_that_names_the_nearest_one() -> None:
    result = doctor("wrong")
    assert result.exit_code == 1
    assert "COOKIE_SESSIONS_COOKIE_PREFIX" in result.stderr


@pytest.mark.parametrize("name", ["flask", "bare", "FLASK"])
def test_what_has_no_sessions_of_the_middleware_is_an_error(name: str) -> None:
    result = doctor(name)
    assert result.exit_code == 1
    assert "shop_to_ask:" in result.stderr
    if name != "FLASK":
        assert "flask sessions doctor" in result.stderr


@pytest.mark.parametrize("line", [("--accept", "nothing"), ("--url", "http://127.0.0.1:1/")])
def test_what_can_not_be_asked_so_is_a_wrong_command_line(line: tuple[str, str]) -> None:
    assert doctor("settings", *line).exit_code == 2


def test_flask_is_not_needed() -> None:
    program = (
        "import sys; sys.modules['flask'] = None\n"
        "from cookie_sessions.cli.doctor.without_flask import examine\n"
        "from cookie_sessions.cli.doctor.verdict import say\n"
        "open('plain.py', 'w').write('settings = {\"SECRET_KEY\": 40 * \"x\"}')\n"
        "say(examine('plain:settings'), accepted=(), as_json=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["standard"] == "OWASP ASVS 5.0"
