"""A real application that samples the sessions of a population."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, session

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


def visit(app: Flask, persons: Iterable[Person]) -> list[str]:
    """Have people sign in, each in a browser of its own; gives their Set-Cookie lines."""
    lines = []
    for person in persons:
        with app.test_request_context("/"):
            session.permanent = True
            session.update(person.values)
            response = app.process_response(app.make_response(""))
        lines += response.headers.getlist("Set-Cookie")
    return lines


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
