"""``__Host-`` and ``__Secure-`` by one setting, with what browsers ask of such cookies."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import CookieSessions
from tests.flask.world import SECRET, get, route, set_cookies


def prefixed(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET, **config)
    CookieSessions(app)
    route(app, lambda: session.update(a=1), at="/write")
    route(app, lambda: session.get("a"), at="/read")
    return app


@pytest.mark.parametrize(
    ("config", "name", "tail"),
    [
        ({"COOKIE_SESSIONS_COOKIE_PREFIX": "host"}, "__Host-session", "; Path=/; "),
        ({"COOKIE_SESSIONS_COOKIE_PREFIX": "secure"}, "__Secure-session", "; Path=/; "),
        (
            {"COOKIE_SESSIONS_COOKIE_PREFIX": "host", "APPLICATION_ROOT": "/app"},
            *("__Host-session", "; Path=/; "),
        ),
        (
            {"COOKIE_SESSIONS_COOKIE_PREFIX": "secure", "SESSION_COOKIE_PATH": "/app"},
            *("__Secure-session", "; Path=/app; "),
        ),
        (
            {"COOKIE_SESSIONS_COOKIE_PREFIX": "host", "SESSION_COOKIE_NAME": "__Host-session"},
            *("__Host-session", "; Path=/; "),
        ),
    ],
)
def test_one_setting_gives_the_name_and_all_that_browsers_ask(
    config: dict[str, Any], name: str, tail: str
) -> None:
    app = prefixed(**config)
    CookieSessions.check(app)
    (line,) = set_cookies(get(app, "/write"))
    assert line.startswith(f"{name}=")
    assert "; Secure; " in line
    assert "; Domain=" not in line
    assert tail in line
    assert get(app, "/read", cookie=line.partition(";")[0]).text == "1"
    assert get(app, "/read", cookie=line.partition(";")[0].replace(name, "session")).text == "None"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"SESSION_COOKIE_DOMAIN": "example.com"}, "SESSION_COOKIE_DOMAIN"),
        ({"SESSION_COOKIE_PATH": "/app"}, "SESSION_COOKIE_PATH"),
        ({"COOKIE_SESSIONS_COOKIE_PREFIX": "Host"}, "'host'"),
    ],
)
def test_what_browsers_would_drop_stops_the_start_and_the_first_request(
    config: dict[str, Any], told: str
) -> None:
    app = prefixed(**{"COOKIE_SESSIONS_COOKIE_PREFIX": "host", **config})
    with pytest.raises(ConfigurationError, match=told):
        CookieSessions.check(app)
    app = prefixed(**{"COOKIE_SESSIONS_COOKIE_PREFIX": "host", **config}, PROPAGATE_EXCEPTIONS=True)
    with pytest.raises(ConfigurationError, match=told):
        get(app, "/read")


def test_who_moves_to_a_prefix_signs_nobody_out() -> None:
    before = prefixed()
    (line,) = set_cookies(get(before, "/write"))
    after = prefixed(
        COOKIE_SESSIONS_COOKIE_PREFIX="host",
        COOKIE_SESSIONS_PREVIOUS_NAMES={"session": "2999-01-01"},
    )
    response = get(after, "/read", cookie=line.partition(";")[0])
    assert response.text == "1"
    assert any(each.startswith("__Host-session=") for each in set_cookies(response))


def test_scripts_can_not_read_the_cookie() -> None:
    (line,) = set_cookies(get(prefixed(), "/write"))
    assert "; HttpOnly; " in line
