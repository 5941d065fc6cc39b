"""An application's keys come from a function that it configures."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.settings import Settings


def application(keys: Any) -> Flask:
    app = Flask("keys")
    app.config["COOKIE_SESSIONS_KEYS"] = keys
    CookieSessions(app)

    @app.get("/")
    def index() -> str:
        session["seen"] = session.get("seen", 0) + 1
        return str(session["seen"])

    return app


def test_two_applications_of_one_function_read_each_others_sessions() -> None:
    ring = new_jwk_set()
    one, other = (application(lambda: ring) for _ in range(2))
    first = one.test_client()
    assert first.get("/").text == "1"
    cookie = first.get_cookie("session")
    assert cookie is not None
    second = other.test_client()
    second.set_cookie("session", cookie.value)
    assert second.get("/").text == "2"


def test_a_function_that_fails_stops_the_application_and_names_itself() -> None:
    def fetch() -> str:
        raise KeyError("ring")

    app = application(fetch)
    app.testing = True
    with pytest.raises(ConfigurationError, match=r"function:\S+fetch: it failed with KeyError"):
        app.test_client().get("/")


@pytest.mark.parametrize("value", [1, b"file:x", "", [], str, object()])
def test_what_is_neither_a_url_nor_a_function_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="a function that returns the keys"):
        Settings.from_mapping({"COOKIE_SESSIONS_KEYS": value})
