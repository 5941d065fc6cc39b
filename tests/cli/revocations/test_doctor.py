"""``cookie-sessions doctor --revocations`` and ``flask sessions doctor``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cookie_sessions.stores import store_from_url
from tests.cli.revocations.world import A_KEY, INDEX_KEY, REVOCATIONS, Shop, run

ROOT = Path(__file__).resolve().parents[3]


def made(url: str) -> None:
    """A list that is there."""
    store = store_from_url(url)
    store.sweep()
    store.close()


def test_a_list_that_works_is_green(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/list.db"
    made(url)
    for result in (run("doctor", "--revocations", url), run("doctor", env={REVOCATIONS: url})):
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{url}: answers\n", "")
    told = json.loads(run("doctor", "--revocations", "@-", "--json", input=url).stdout)
    assert told["revocations"] == {"name": url, "answers": True, "fault": "", "policy": None}


def test_a_file_that_is_not_there_is_a_warning_and_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/lost.db"
    for result in (run("doctor", "--revocations", url), run("doctor", env={REVOCATIONS: url})):
        assert (result.exit_code, result.stdout) == (4, f"{url}: is not there yet\n")
        assert "no application has used it yet: compare the path" in result.stderr
    assert run("doctor", "--revocations", url, "--json").exit_code == 4
    assert list(tmp_path.iterdir()) == []
    nowhere = run("doctor", "--revocations", f"sqlite:{tmp_path}/none/list.db")
    assert nowhere.exit_code == 1
    assert "none can be made in" in nowhere.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_application_whose_list_is_not_there_yet_is_told_so_and_no_file_is_made(
    keyed: Shop,
) -> None:
    harden(keyed.app)
    result = keyed.flask("doctor")
    assert result.exit_code == 0
    assert "note: The list's file is not there yet" in result.stderr
    assert "All processes see that list" not in result.output
    assert not keyed.path.exists()


def test_a_list_of_one_process_is_a_warning() -> None:
    result = run("doctor", "--revocations", "memory:")
    assert result.exit_code == 4
    assert "what ends in it lives in all others" in result.stderr


def test_memcached_is_an_error_with_the_reason() -> None:
    result = run("doctor", "--revocations", "memcached://127.0.0.1:1")
    assert result.exit_code == 1
    assert "what was signed out would live again. Name another." in result.stderr


def test_a_snapshot_is_for_another_command() -> None:
    named = run("doctor", "--revocations", "snapshot:https://host/revocations.jwt")
    assert named.exit_code == 1
    assert "revocations verify" in named.stderr
    assert run("doctor", env={REVOCATIONS: "snapshot:https://host/"}).exit_code == 2


def harden(app: Flask) -> None:
    """Leave nothing to warn of but the list."""
    app.config.update(COOKIE_SESSIONS_COOKIE_PREFIX="host", COOKIE_SESSIONS_CSRF=True)


def doctor(app: Flask, *line: str) -> Any:
    from cookie_sessions.cli.flask_group import sessions

    result = app.test_cli_runner().invoke(sessions, ["doctor", *line])
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def test_an_application_with_a_good_list_ends_with_0_and_notes(keyed: Shop) -> None:
    made(keyed.url)
    harden(keyed.app)
    result = keyed.flask("doctor")
    assert result.exit_code == 0
    assert result.stdout.count("ok: ") == result.stdout.count("\n")
    assert {line.partition(":")[0] for line in result.stderr.splitlines()} == {"note"}
    told = json.loads(keyed.flask("doctor", "--json").stdout)
    assert told["ok"] is True
    assert told["checks"][0] == {
        "check": "interface",
        "level": "ok",
        "text": "The application's sessions are sealed.",
        "asvs": [],
        "accepted": False,
    }
    assert A_KEY not in result.output + str(told)


def test_an_application_whose_sessions_are_nobodys_ends_with_4(keyed: Shop) -> None:
    del keyed.app.config["COOKIE_SESSIONS_SUBJECT_KEY"]
    result = keyed.flask("doctor")
    assert result.exit_code == 4
    assert "warning: Nothing in the configuration says whose a session is" in result.stderr
    assert "Signing out here ends the session" not in result.output


def test_an_application_without_a_list_ends_with_4(keyed: Shop) -> None:
    keyed.app.config[REVOCATIONS] = None
    result = keyed.flask("doctor")
    assert result.exit_code == 4
    assert "warning: There is no list of ended sessions" in result.stderr
    assert json.loads(keyed.flask("doctor", "--json").stdout)["ok"] is False


def test_a_list_that_does_not_answer_ends_with_1(keyed: Shop) -> None:
    keyed.app.config[REVOCATIONS] = "redis://:canary@127.0.0.1:1/0"
    result = keyed.flask("doctor")
    assert result.exit_code == 1
    assert "error: The store redis://127.0.0.1:1" in result.stderr
    assert "canary" not in result.output


def test_an_application_that_is_not_ours_is_told_so() -> None:
    result = doctor(Flask(__name__))
    assert result.exit_code == 4
    assert "flask.sessions.SecureCookieSessionInterface" in result.stderr


@pytest.mark.parametrize("alternative", [False, True])
def test_remember_cookies_of_flask_login_are_looked_at(tmp_path: Path, alternative: bool) -> None:
    (tmp_path / "club.py").write_text(
        "from flask import Flask\n"
        "from flask_login import LoginManager, UserMixin\n"
        "from cookie_sessions.flask import CookieSessions\n"
        "app = Flask(__name__)\n"
        f"app.config['{REVOCATIONS}'] = 'sqlite:{tmp_path}/list.db'\n"
        "app.config['SECRET_KEY'] = 'of these tests, and long enough'\n"
        "app.config['COOKIE_SESSIONS_COOKIE_PREFIX'] = 'host'\n"
        "app.config['COOKIE_SESSIONS_CSRF'] = True\n"
        "CookieSessions(app)\n"
        "LoginManager(app)\n"
        "class Member(UserMixin):\n"
        "    id = 1\n" + ("    def get_id(self): return 'another'\n" if alternative else "")
    )
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "club", "sessions", "doctor"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "get_id()" not in done.stdout
    assert ("club.Member: get_id()" in done.stderr) is not alternative
    assert "'_user_id' says whose it is" in done.stdout
    assert INDEX_KEY not in done.stdout
