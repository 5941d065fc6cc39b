"""A shop whose visitors make every kind of number."""

from __future__ import annotations

import random
from typing import Any

from flask import Flask, session

from cookie_sessions.events import Events
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.state import AppState
from tests.flask.listed import Browser
from tests.flask.world import get, ours, route

USER = "ada.lovelace@example.com"
NOISE = random.Random(5).randbytes(5000)
"""More than one cookie takes."""

# What one visit makes: a permanent session is refreshed when it is only read.
COUNTED = {"created": 1, "opened": 3, "written": 1, "refreshed": 1, "rejected": 2}
MEASURED = {"open": 3, "seal": 3}


def shop(**config: Any) -> Flask:
    """An application that makes sessions, changes them, and refuses some."""
    app = ours(**{"COOKIE_SESSIONS_PROFILE": "no-proxy", **config})
    CookieSessions(app)

    def sign_in() -> None:
        session.permanent = True
        session["user"] = USER

    route(app, sign_in, at="/in")
    route(app, lambda: session.get("user"))
    route(app, lambda: session.update(seen=1), at="/change")
    route(app, lambda: session.update(big=[NOISE, session["user"]]), at="/grow")
    return app


def events_of(app: Flask) -> Events:
    return CookieSessions.events(app)


def kid_of(app: Flask) -> str:
    """The id of the key that seals, as metrics show it."""
    return AppState.of(app).ring().primary.kid.hex()


def visit(app: Flask) -> str:
    """One new session, opened twice and changed once, and two cookies that are refused.

    Returns:
        The session's id, which no number may show.
    """
    browser = Browser(app)
    browser.get("/in")
    browser.get("/")
    browser.get("/change")
    for broken in ("broken", (browser.cookie or "")[:-4] + "AAAA"):
        get(app, cookie=f"session={broken}")
    with app.test_request_context(headers={"Cookie": f"session={browser.cookie}"}):
        app.preprocess_request()
        held: Any = session
        return str(held.sid)
