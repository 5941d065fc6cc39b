"""The application whose keys are rotated under its visitors."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, session

from cookie_sessions import Event, EventName
from cookie_sessions.flask import CookieSessions

LIFETIME = 60
"""Seconds that a session lives, and the longest session of the ring file."""

RELOAD = 1
"""Seconds after which a worker asks for its keys again."""

WORKER = "X-Worker"


def create_app() -> Flask:
    """An application whose keys are in the file FARM_KEYS.

    With FARM_DEAF each process reads the file once, as one does whose keys are in its environment.
    """
    keys = os.environ["FARM_KEYS"]
    app = Flask(__name__)
    app.config.update(
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        COOKIE_SESSIONS_KEYS=f"file:{keys}",
        COOKIE_SESSIONS_KEYS_RELOAD=RELOAD,
    )
    if "FARM_DEAF" in os.environ:
        app.config["COOKIE_SESSIONS_KEYS"] = ReadOnce(Path(keys))
    CookieSessions(app)
    CookieSessions.events(app).subscribe(_tell)
    _add_views(app)
    # The keys are read before gunicorn forks, so the workers begin with what their parent read.
    assert app.test_client().get("/session").status_code == 200
    return app


class ReadOnce:
    """Gives each process what a file held when that process first asked.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: dict[int, bytes] = {}

    def __call__(self) -> bytes:
        process = os.getpid()
        if process not in self._texts:
            self._texts[process] = self._path.read_bytes()
        return self._texts[process]


def _tell(event: Event) -> None:
    if event.name is not EventName.CREATED:
        sys.stderr.write(f"{os.getpid()} {event}\n")


def _state() -> dict[str, Any]:
    return {"name": session.get("name"), "count": session.get("count")}


def _add_views(app: Flask) -> None:
    @app.post("/sign-in")
    def sign_in() -> dict[str, Any]:
        session.clear()
        session.permanent = "stays" in request.args
        session.update(name=request.args["name"], count=0)
        return _state()

    @app.post("/count")
    def count() -> dict[str, Any]:
        if "name" in session:
            session["count"] += 1
        return _state()

    @app.get("/session")
    def read() -> dict[str, Any]:
        return _state()

    @app.get("/untouched")
    def untouched() -> dict[str, Any]:
        return {}

    @app.after_request
    def tell_the_worker(response: Response) -> Response:
        response.headers[WORKER] = str(os.getpid())
        return response
