"""The application that is rolled out: one step of docs/moving-in.md, told by the environment."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Response, request, session
from markupsafe import Markup

from cookie_sessions.flask import CookieSessions

NEVER_MOVED, WRITES_FLASKS, SEALS, REFUSES_YOUNGER, MOVED = range(5)
"""The steps: Flask as it was; both are read; both are read and ours written; Flask's are read that
were written before that; ours alone."""

LIFETIME = 300
"""Seconds. A hundredth of it later, a page that does not use its session moves its end."""

KEPT_ENTRIES = 20

KEEPSAKES: dict[str, Any] = {
    "address": UUID("12345678-9abc-4def-8123-456789abcdef"),
    "day": datetime(2026, 5, 17, 12, 30, 15, tzinfo=UTC),
    "nested": {"5": [1.5, None, True], "pair": (1, ("two", b"\x00\xff"))},
    "title": Markup("<b>Über</b>"),
}
"""Values of the types that Flask's own cookie keeps."""


def create_app() -> Flask:
    """An application at the step ROLLOUT_STEP, with the secret keys ROLLOUT_KEYS.

    The secret key is changed with the step that seals; before, it is a fallback everywhere.
    """
    step = int(os.environ["ROLLOUT_STEP"])
    first, second = os.environ["ROLLOUT_KEYS"].split()
    if step >= SEALS:
        first, second = second, first
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=first, SECRET_KEY_FALLBACKS=[second], PERMANENT_SESSION_LIFETIME=LIFETIME
    )
    if step != NEVER_MOVED:
        app.config.update(_settings(step))
        CookieSessions(app)
    _add_views(app, step)
    return app


def _settings(step: int) -> dict[str, Any]:
    if step == MOVED:
        return {}
    settings: dict[str, Any] = {
        "COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL": datetime.now(UTC) + timedelta(days=30)
    }
    if step == WRITES_FLASKS:
        settings["COOKIE_SESSIONS_WRITE"] = "flask"
    if step == REFUSES_YOUNGER:
        settings["COOKIE_SESSIONS_FLASK_COOKIES_WRITTEN_BEFORE"] = os.environ["ROLLOUT_SEALED_AT"]
    return settings


def _state() -> dict[str, Any]:
    return {
        "name": session.get("name"),
        "count": session.get("count"),
        "entries": session["journal"]["entries"] if "journal" in session else None,
        "keepsakes": repr(session.get("keepsakes")),
    }


def _add_views(app: Flask, step: int) -> None:
    @app.post("/sign-in")
    def sign_in() -> dict[str, Any]:
        session.clear()
        session.permanent = "stays" in request.args
        session.update(
            name=request.args["name"], count=0, journal={"entries": []}, keepsakes=KEEPSAKES
        )
        return _state()

    @app.post("/count")
    def count() -> dict[str, Any]:
        if "name" in session:
            session["count"] += 1
        return _state()

    @app.post("/journal")
    def journal() -> dict[str, Any]:
        if "name" in session:
            entries = session["journal"]["entries"]
            entries.append(int(request.args["entry"]))
            del entries[:-KEPT_ENTRIES]
            # Flask's own session has to be told.
            session.modified = True
        return _state()

    @app.get("/session")
    def read() -> dict[str, Any]:
        return _state()

    @app.get("/untouched")
    def untouched() -> dict[str, Any]:
        return {}

    @app.after_request
    def tell_the_step(response: Response) -> Response:
        response.headers["X-Step"] = str(step)
        return response
