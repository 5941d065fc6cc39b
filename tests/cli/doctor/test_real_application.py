"""``flask --app ... sessions doctor``, on applications that are imported as any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
SECRET = "a secret key of these tests alone"
INDEX_KEY = "an index key of 32 characters or more"
SOUND: dict[str, Any] = {
    "SECRET_KEY": SECRET,
    "COOKIE_SESSIONS_COOKIE_PREFIX": "host",
    "COOKIE_SESSIONS_CSRF": True,
    "COOKIE_SESSIONS_TIMEOUTS": "aal2",
    "COOKIE_SESSIONS_BINDING": "standard",
    "COOKIE_SESSIONS_SUBJECT_KEY": "user",
    "COOKIE_SESSIONS_INDEX_KEY": INDEX_KEY,
    "COOKIE_SESSIONS_REGISTER": True,
}
HEAD = """
from flask import Flask
from cookie_sessions.flask import CookieSessions
app = Flask(__name__)
"""


class Told(NamedTuple):
    """What the command said.

    Attributes:
        status: with which it ended.
        levels: of each check that said something.
        text: all of it.
    """

    status: int
    levels: dict[str, str]
    text: str


def doctor(
    folder: Path,
    *line: str,
    extension: str = "CookieSessions(app)",
    variables: dict[str, str] | None = None,
    **changes: Any,
) -> Told:
    """Write an application, and have a process of its own examine it."""
    config = {**SOUND, "COOKIE_SESSIONS_REVOCATIONS": f"sqlite:{folder}/list.db", **changes}
    (folder / "shop.py").write_text(f"{HEAD}app.config.update({config!r})\n{extension}\n")
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "shop", "sessions", "doctor", *line],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", **_measuring(), **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    checks = json.loads(done.stdout)["checks"] if "--json" in line and done.stdout else []
    levels = {each["check"]: each["level"] for each in checks}
    return Told(done.returncode, levels, done.stdout + done.stderr)


def _measuring() -> dict[str, str]:
    """What has a process measured of which tests reach what, if these are."""
    return {name: told for name, told in os.environ.items() if name.startswith("COVERAGE_")}


def test_a_sound_application_ends_with_0_and_says_what_is_right(tmp_path: Path) -> None:
    told = doctor(tmp_path)
    assert told.status == 0, told.text
    for line in (
        "ok: Nobody but this host can set the cookie __Host-session. [ASVS 5.0: 3.3.1, 3.3.3]",
        "ok: A session that nobody uses ends after 1 h, within AAL2 of NIST SP 800-63B-4. [ASVS",
        "ok: Requests that change something and were forged are refused (by CookieSessions). [ASVS",
        "ok: Sessions are bound to their client: user_agent, accept_language, network. [ASVS",
    ):
        assert line in told.text
    assert SECRET not in told.text
    assert INDEX_KEY not in told.text
    # It was looked at, and not started.
    assert not (tmp_path / "list.db").exists()


def test_what_json_says_has_the_numbers(tmp_path: Path) -> None:
    told = doctor(tmp_path, "--json", COOKIE_SESSIONS_COOKIE_PREFIX=None)
    facts = json.loads(told.text)
    assert (facts["ok"], facts["standard"]) == (False, "OWASP ASVS 5.0")
    (found,) = (each for each in facts["checks"] if each["check"] == "host_prefix")
    assert (found["level"], found["asvs"]) == ("warning", ["3.3.1", "3.3.3"])


def test_flasks_defaults_are_told_apart(tmp_path: Path) -> None:
    none: Any = dict.fromkeys(
        [
            "COOKIE_SESSIONS_COOKIE_PREFIX",
            "COOKIE_SESSIONS_BINDING",
            "COOKIE_SESSIONS_REVOCATIONS",
            "COOKIE_SESSIONS_CSRF",
        ]
    )
    told = doctor(
        tmp_path,
        "--json",
        **none,
        COOKIE_SESSIONS_REGISTER=False,
        COOKIE_SESSIONS_TIMEOUTS="flask",
    )
    assert told.status == 4
    wrong = {name for name, level in told.levels.items() if level == "warning"}
    assert wrong == {"has_list", "secure", "host_prefix", "csrf"}
    noted = {name for name, level in told.levels.items() if level == "note"}
    assert noted == {"register", "idle_timeout", "absolute_timeout", "binding", "keys"}


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("secret_key", {"SECRET_KEY": "short"}),
    ("secret_key", {"SECRET_KEY_FALLBACKS": ["short"]}),
    ("secret_key", {"SECRET_KEY": None}),
    ("index_key", {"COOKIE_SESSIONS_INDEX_KEY": SECRET}),
    ("index_key", {"SECRET_KEY_FALLBACKS": [INDEX_KEY.encode()]}),
    ("httponly", {"SESSION_COOKIE_HTTPONLY": False}),
    ("samesite", {"SESSION_COOKIE_SAMESITE": "None", "COOKIE_SESSIONS_CSRF": False}),
    (
        "handoff",
        {
            "COOKIE_SESSIONS_HANDOFF_ORIGIN": "http://localhost:5000",
            "COOKIE_SESSIONS_HANDOFF_TARGETS": ["http://localhost:5001/redeem"],
        },
    ),
]


@pytest.mark.parametrize(("check", "changes"), WRONG)
def test_what_is_wrong_ends_with_4(tmp_path: Path, check: str, changes: dict[str, Any]) -> None:
    told = doctor(tmp_path, "--json", **changes)
    assert (told.status, told.levels[check]) == (4, "warning"), told.text
    assert SECRET not in told.text
    assert INDEX_KEY not in told.text


NOTED: list[tuple[str, dict[str, Any]]] = [
    ("previous_names", {"COOKIE_SESSIONS_PREVIOUS_NAMES": {"session": "2100-01-01"}}),
    ("proxy", {"COOKIE_SESSIONS_FINGERPRINT_HEADER": "X-Ja4"}),
    ("header", {"COOKIE_SESSIONS_HEADER": True}),
    ("samesite", {"SESSION_COOKIE_SAMESITE": "None"}),
]


@pytest.mark.parametrize(("check", "changes"), NOTED)
def test_what_may_be_meant_ends_with_0(tmp_path: Path, check: str, changes: dict[str, Any]) -> None:
    told = doctor(tmp_path, "--json", **changes)
    assert (told.status, told.levels[check]) == (0, "note"), told.text


@pytest.mark.parametrize(
    "extension",
    [
        "CookieSessions(app)\napp.wsgi_app = ProxyFix(app.wsgi_app)",
        "app.wsgi_app = ProxyFix(app.wsgi_app)\nCookieSessions(app)",
    ],
)
def test_proxy_fix_is_seen_wherever_it_stands(tmp_path: Path, extension: str) -> None:
    told = doctor(
        tmp_path,
        "--json",
        extension=f"from werkzeug.middleware.proxy_fix import ProxyFix\n{extension}",
        COOKIE_SESSIONS_FINGERPRINT_HEADER="X-Ja4",
    )
    assert (told.status, told.levels["proxy"]) == (0, "ok"), told.text


def test_middleware_that_leads_to_itself_is_not_followed_for_ever(tmp_path: Path) -> None:
    circle = (
        "app.wsgi_app = SharedDataMiddleware(app.wsgi_app, {})\napp.wsgi_app.app = app.wsgi_app"
    )
    told = doctor(
        tmp_path,
        "--json",
        extension=(
            "from werkzeug.middleware.shared_data import SharedDataMiddleware\n"
            f"CookieSessions(app)\n{circle}"
        ),
        COOKIE_SESSIONS_FINGERPRINT_HEADER="X-Ja4",
    )
    assert told.levels["proxy"] in ("note", "warning"), told.text


@pytest.mark.parametrize(
    ("extension", "config", "level"),
    [
        ("CookieSessions(app, csrf=True)", {}, "ok"),
        ("CookieSessions(app, csrf=True)", {"COOKIE_SESSIONS_CSRF": False}, "warning"),
        ("CookieSessions(app)\nCSRFProtect(app)", {}, "ok"),
        ("CookieSessions(app)\nCSRFProtect(app)", {"WTF_CSRF_ENABLED": False}, "warning"),
        ("CookieSessions(app)\nCSRFProtect(app)", {"WTF_CSRF_CHECK_DEFAULT": False}, "warning"),
    ],
)
def test_whoever_refuses_forged_requests_is_seen(
    tmp_path: Path, extension: str, config: dict[str, Any], level: str
) -> None:
    told = doctor(
        tmp_path,
        "--json",
        extension=f"from flask_wtf import CSRFProtect\n{extension}",
        **{"COOKIE_SESSIONS_CSRF": None, **config},
    )
    assert told.levels["csrf"] == level, told.text


@pytest.mark.parametrize("name", ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API"])
def test_in_a_function_the_adapter_is_a_matter_of_its_own(tmp_path: Path, name: str) -> None:
    variables = {name: "x"}
    told = doctor(tmp_path, "--json", variables=variables)
    assert (told.status, told.levels["function"]) == (0, "note")
    assert "cookie-sessions doctor --handler" in told.text
    strict = doctor(tmp_path, "--json", variables=variables, COOKIE_SESSIONS_STRICT=True)
    assert strict.levels["function"] == "ok"
    assert "function" not in doctor(tmp_path, "--json").levels


def test_a_warning_that_is_accepted_does_not_stop_a_pipeline(tmp_path: Path) -> None:
    told = doctor(tmp_path, "--accept", "csrf", COOKIE_SESSIONS_CSRF=None)
    assert told.status == 0, told.text
    assert "Accepted. [ASVS 5.0: 3.5.1]" in told.text
    unknown = doctor(tmp_path, "--accept", "crsf")
    assert unknown.status == 2
    assert "There is no check 'crsf'." in unknown.text


def test_a_cookie_that_browsers_would_drop_is_an_error(tmp_path: Path) -> None:
    told = doctor(tmp_path, SESSION_COOKIE_DOMAIN="example.org")
    assert told.status == 1
    assert "Traceback" not in told.text
    assert "SESSION_COOKIE_DOMAIN" in told.text


def test_what_a_subclass_makes_of_the_cookie_counts(tmp_path: Path) -> None:
    told = doctor(
        tmp_path,
        "--json",
        extension=(
            "class Own(CookieSessions.interface_class):\n"
            "    def get_cookie_httponly(self, app):\n"
            "        return False\n"
            "CookieSessions(app)\n"
            "app.session_interface = Own()"
        ),
    )
    assert (told.status, told.levels["httponly"]) == (4, "warning"), told.text


def test_the_overflow_store_is_examined_and_no_file_of_it_made(tmp_path: Path) -> None:
    values = tmp_path / "values.db"
    told = doctor(tmp_path, "--json", COOKIE_SESSIONS_OVERFLOW=f"sqlite:{values}")
    assert (told.status, told.levels["overflow_answers"]) == (0, "note"), told.text
    assert told.levels["overflow_apart"] == "ok"
    assert not values.exists()
    told = doctor(tmp_path, "--json", COOKIE_SESSIONS_OVERFLOW="memory:")
    assert (told.status, told.levels["overflow_keeps"]) == (4, "warning"), told.text
    told = doctor(tmp_path, "--json", COOKIE_SESSIONS_OVERFLOW=f"sqlite:{tmp_path}/list.db")
    assert told.levels["overflow_apart"] == "note", told.text


def test_cookies_of_further_sessions_are_seen(tmp_path: Path) -> None:
    made = "CookieSessions(app)\nCookieSessions.named(app, 'sudo', idle_timeout=600"
    told = doctor(tmp_path, extension=f"{made})")
    assert "other sites: __Host-session-sudo." in told.text
    told = doctor(tmp_path, "--json", extension=f"{made}, samesite='None')")
    assert (told.status, told.levels["named_cookies"]) == (0, "note"), told.text
