"""A small application with sessions of any size, and plain answers that measure a server."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from flask import Flask, Response, request, session
from werkzeug.exceptions import InternalServerError
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from cookie_sessions import Event, EventName
from cookie_sessions.flask import CookieSessions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CROWDED: Final = "X-Crowded"
"""Stands in a response whose session had too little room beside the cookies of others."""

COOKIE_OCTETS: Final = 4000
"""Octets of each cookie that the plain answers set, but the last."""

_HEADER_OCTETS: Final = 2000


def create_app() -> WSGIApplication:
    """The application as the environment describes it.

    DEPLOYMENT_PROFILE holds the names of profiles; DEPLOYMENT_STORE is the URL of the overflow
    store that the copy under ``/stored`` has.
    """
    profile = os.environ["DEPLOYMENT_PROFILE"].split()
    stored = _site("stored", profile, COOKIE_SESSIONS_OVERFLOW=os.environ["DEPLOYMENT_STORE"])
    plain = _site("session", profile)
    return DispatcherMiddleware(plain, {"/stored": stored, "/plain": _answer_plainly})


def _site(name: str, profile: list[str], **settings: Any) -> WSGIApplication:
    app = Flask(name)
    app.config.update(
        SECRET_KEY=os.environ["DEPLOYMENT_KEY"],
        SESSION_COOKIE_NAME=name,
        COOKIE_SESSIONS_PROFILE=profile,
        **settings,
    )
    CookieSessions(app)
    CookieSessions.events(app).subscribe(_note)

    @app.get("/new")
    def new() -> Response:
        session["value"] = os.urandom(int(request.args["octets"]))
        response = Response(_digest(session["value"]))
        response.headers.extend(_headers(int(request.args["own"])))
        return response

    @app.get("/kept")
    def kept() -> str:
        return _digest(session["value"]) if "value" in session else "nothing"

    @app.errorhandler(InternalServerError)
    def say_what_failed(error: InternalServerError) -> tuple[str, int]:
        return type(error.original_exception).__name__, 500

    return _TellsOfCrowds(app.wsgi_app)


class _TellsOfCrowds:
    """The event comes after the application has made its response, so its header is added here."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            crowded = [(CROWDED, "yes")] if CROWDED in environ else []
            return start_response(status, [*headers, *crowded], exc_info)

        return self._app(environ, start)


def _note(event: Event) -> None:
    if event.name is EventName.CROWDED:
        request.environ[CROWDED] = True


def _headers(octets: int) -> list[tuple[str, str]]:
    """Headers that take so many octets with their names."""
    sizes = [min(_HEADER_OCTETS, octets - at) for at in range(0, octets, _HEADER_OCTETS)]
    return [("X-Own", "v" * (size - len("X-Own: \r\n"))) for size in sizes]


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def _answer_plainly(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Say how many octets of Cookie headers arrived, and set as many as were asked for."""
    wanted = dict(parse_qsl(environ["QUERY_STRING"]))
    octets = int(wanted.get("octets", 0))
    sizes = [min(COOKIE_OCTETS, octets - at) for at in range(0, octets, COOKIE_OCTETS)]
    headers = [("Set-Cookie", "n=".ljust(size, "v")) for size in sizes]
    headers += _headers(int(wanted.get("other", 0)))
    start_response("200 OK", [("Content-Type", "text/plain"), *headers])
    return [str(len(environ.get("HTTP_COOKIE", ""))).encode()]
