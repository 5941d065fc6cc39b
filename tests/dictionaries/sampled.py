"""A real application that samples the sessions of a population."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask, session

from cookie_sessions.claims import SID_OCTETS
from cookie_sessions.dictionaries.compose import DEFAULT_OCTETS, compose
from cookie_sessions.dictionaries.sample import Sample
from cookie_sessions.dictionaries.trained import Trained
from cookie_sessions.flask import CookieSessions
from tests.dictionaries.population import Person

SECRET = "0123456789abcdef" * 2


def application(**settings: Any) -> Flask:
    """Keeps what it is given, and tells what it has."""
    app = Flask("sampled")
    app.secret_key = SECRET
    app.config["COOKIE_SESSIONS_PROFILE"] = "no-proxy"
    app.config.update({f"COOKIE_SESSIONS_{name}": value for name, value in settings.items()})
    CookieSessions(app)

    @app.get("/read/<key>")
    def read(key: str) -> dict[str, Any]:
        return {"there": key in session, "value": session.get(key)}

    @app.get("/touch")
    def touch() -> str:
        session["touched"] = session.get("touched", 0) + 1
        return ""

    @app.get("/unused")
    def unused() -> str:
        return ""

    return app


def visit(app: Flask, persons: Iterable[Person], *, aside: bool | None = False) -> list[str]:
    """Have people sign in, each in a browser of its own; gives their Set-Cookie lines.

    Args:
        app: the application.
        persons: the people.
        aside: whether their sessions are those that are measured and not counted; None: chance
            says it, and whether they are looked at.
    """
    lines = []
    with patch("os.urandom", _drawing(aside)):
        for person in persons:
            with app.test_request_context("/"):
                session.permanent = True
                session.update(person.values)
                response = app.process_response(app.make_response(""))
            lines += response.headers.getlist("Set-Cookie")
    return lines


def _drawing(aside: bool | None) -> Callable[[int], bytes]:
    """The system's randomness, but for what a session's id says of sampling."""
    urandom = os.urandom
    begin = (0 if aside else 1).to_bytes(4, "big")

    def draw(count: int) -> bytes:
        octets = urandom(count)
        return octets if aside is None or count != SID_OCTETS else begin + octets[4:]

    return draw


def trained_of(path: Path) -> Trained:
    """The dictionary of a sample."""
    sample = Sample(str(path), least=None)
    facts = sample.facts()
    return compose(
        sample.phrases(),
        octets=DEFAULT_OCTETS,
        sessions=facts["sessions"],
        subjects=facts["least"],
        now=1_767_225_600,
    )
