"""A function with a Flask application in it, and a browser before its gateway."""

from __future__ import annotations

import os
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

from flask import Flask, Response, session

from benchmarks.adapters import ADAPTERS
from cookie_sessions.events import Event, EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.gateway import EventShape, MakeHandler, guarded, shape_of, synthetic
from cookie_sessions.gateway.self_test import set_cookie_lines

TWO_COOKIES = 4_000
"""Octets that take two cookies, being random."""

PAIRS = [(name, shape) for name in ADAPTERS for shape in EventShape]
CUTTING = [
    ("apig-wsgi", EventShape.ALB_SINGLE),
    ("serverless-wsgi", EventShape.HTTP),
    ("serverless-wsgi", EventShape.URL),
]
WHOLE = [pair for pair in PAIRS if pair not in CUTTING]


def shop(**config: Any) -> Flask:
    app = Flask("shop")
    app.secret_key = "0123456789abcdef" * 2
    app.config.update(COOKIE_SESSIONS_PROFILE="granian", **config)
    CookieSessions(app)

    @app.get("/<what>")
    def act(what: str) -> Response:
        if what == "grow":
            session["value"] = os.urandom(TWO_COOKIES)
        elif what == "shrink":
            session["value"] = b"small"
        elif what == "leave":
            session.clear()
        elif what == "fail":
            raise RuntimeError("the application's own")
        else:
            session.setdefault("seen", "yes")
        response = Response(f"{len(session.get('value', b''))}")
        if what == "both":
            response.headers.add("Set-Cookie", "theme=dark; Path=/")
        return response

    return app


class Visit:
    """A browser with a jar, before a gateway that has one shape of event.

    Args:
        shape: the shape.
        app: the application in the function.
        adapter: the adapter between them, by name or itself.
        strict: of the guard.
        guard: whether there is one.
    """

    def __init__(
        self,
        shape: EventShape,
        app: Flask,
        adapter: str | MakeHandler,
        *,
        strict: bool = False,
        guard: bool = True,
    ) -> None:
        self.events: list[Event] = []
        CookieSessions.events(app).subscribe(self.events.append, names=[EventName.COOKIES_CUT])
        self.shape = shape
        self.jar: dict[str, str] = {}
        make = ADAPTERS[adapter] if isinstance(adapter, str) else adapter
        self.handler: Callable[[Any, Any], Any] = (
            guarded(make, app, strict=strict, events=CookieSessions.events(app))
            if guard
            else make(app)
        )

    def get(self, path: str) -> str:
        cookies = ["; ".join(f"{name}={value}" for name, value in self.jar.items())]
        event = at(synthetic(self.shape, cookies=cookies if self.jar else []), path)
        answer = self.handler(event, None)
        assert shape_of(event) is self.shape
        for line in set_cookie_lines(answer, self.shape):
            for name, morsel in SimpleCookie(line).items():
                self.jar.pop(name, None)
                if morsel["max-age"] != "0":
                    self.jar[name] = morsel.value
        return f"{answer['statusCode']} {answer['body']}"

    def told(self) -> list[tuple[Any, ...]]:
        """The details of all events so far, which are forgotten then."""
        told = [tuple(event.details.values()) for event in self.events]
        self.events.clear()
        return told


def at(event: dict[str, Any], path: str) -> dict[str, Any]:
    """The event with another path."""
    if "rawPath" in event:
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
    else:
        event["path"] = path
    return event
