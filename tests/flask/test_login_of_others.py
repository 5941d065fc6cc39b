"""Flask-Login's signals in an application whose sessions are not ours, or not any more."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from flask import session
from flask.sessions import SecureCookieSessionInterface

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import CookieSessions
from tests.flask.world import get, ours, route

flask_login: Any = import_module("flask_login")
SIGNALS = [
    flask_login.user_logged_in,
    flask_login.user_login_confirmed,
    flask_login.user_loaded_from_cookie,
    flask_login.user_logged_out,
]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda each: each.name)
def test_a_signal_is_no_matter_of_ours_where_the_session_is_another(signal: Any) -> None:
    app = ours()
    CookieSessions(app)

    def view() -> str:
        session["a"] = 1
        signal.send(app)
        return str(dict(session))

    route(app, lambda: "ours", at="/before")
    route(app, view)
    assert get(app, "/before").text == "ours"
    app.session_interface = SecureCookieSessionInterface()
    assert get(app).text == "{'a': 1}"


def test_a_further_session_without_a_key_says_what_is_missing() -> None:
    app = ours(SECRET_KEY=None)
    sudo = CookieSessions.named(app, "sudo", idle_timeout=60)
    route(app, lambda: sudo.session)
    with pytest.raises(ConfigurationError, match="There is no key"):
        get(app)


def test_who_is_signed_in_where_is_known_with_a_register_alone() -> None:
    with pytest.raises(ConfigurationError, match="COOKIE_SESSIONS_REGISTER"):
        CookieSessions.signed_in(ours(COOKIE_SESSIONS_REVOCATIONS="memory:"), 17)
