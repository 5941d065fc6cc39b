"""``cookie-sessions inspect`` reads HAR files that Chromium itself has written."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask, session
from werkzeug.serving import make_server

from cookie_sessions.cli.commands import program
from cookie_sessions.flask import CookieSessions
from tests.conftest import missing

from .recorder import Recorder

pytestmark = pytest.mark.once

SECRET = "0123456789abcdef" * 2
VISITS = 3


def site() -> Flask:
    """An application whose session takes three cookies, one after the other visit."""
    app = Flask("recorded")
    app.config.update(SECRET_KEY=SECRET, COOKIE_SESSIONS_PROFILE="waitress")
    CookieSessions(app)

    @app.get("/")
    def index() -> str:
        session["visits"] = session.get("visits", 0) + 1
        session["blob"] = b"".join(hashlib.sha256(bytes((n,))).digest() for n in range(250))
        return "<h1>Hello</h1>"

    return app


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, str]]:
    """Three visits as a HAR file, sanitized and not."""
    if not Recorder.is_installed():
        missing(" and ".join(Recorder.programs), Recorder.install)
    server = make_server("127.0.0.1", 0, site(), threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        with Recorder(tmp_path_factory.mktemp("recorder")) as browser:
            browser.watch()
            browser.visit(f"http://127.0.0.1:{server.server_port}/", times=VISITS)
            yield {sanitized: browser.har(sanitized=sanitized) for sanitized in (False, True)}
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def inspect(path: Path, text: str, *line: str) -> Result:
    file = path / "visit.har"
    file.write_text(text, encoding="utf-8")
    arguments = ["inspect", "--har", str(file), *line]
    result = CliRunner().invoke(program, arguments, env={"SECRET_KEY": SECRET})
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def opened(path: Path, text: str, *line: str) -> Any:
    """What the command says of an opened session."""
    how = ("--secret-env", "SECRET_KEY", "--reason", "a test", "--values", "--json")
    result = inspect(path, text, *how, *line)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def visits(told: Any) -> str:
    (value,) = [each["value"] for each in told["values"] if each["key"] == "visits"]
    return str(value)


def test_the_sessions_of_all_visits_are_found_and_joined(
    recorded: dict[bool, str], tmp_path: Path
) -> None:
    listed = json.loads(inspect(tmp_path, recorded[False], "--list", "--json").stdout)["entries"]
    entries = [each["entry"] for each in listed if each["request"] == "GET 127.0.0.1/"]
    assert len(entries) == VISITS
    assert [each["sets"] for each in listed if each["entry"] in entries] == [True] * VISITS
    for number, entry in enumerate(entries, 1):
        told = opened(tmp_path, recorded[False], "--entry", str(entry), "--after")
        assert visits(told) == str(number)
        assert [cookie["name"] for cookie in told["cookies"]] == [
            *("session", "session.1", "session.2")
        ]
        if number > 1:
            told = opened(tmp_path, recorded[False], "--entry", str(entry))
            assert visits(told) == str(number - 1)
    assert visits(opened(tmp_path, recorded[False])) in (str(VISITS - 1), str(VISITS))


def test_a_sanitized_file_has_no_cookies_and_is_told_so(
    recorded: dict[bool, str], tmp_path: Path
) -> None:
    result = inspect(tmp_path, recorded[True])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Chromium leaves them out of a HAR that it calls sanitized" in result.stderr
