"""The example of docs/moving-in.md takes a visitor of Flask's own interface over."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flask import Flask, session

from cookie_sessions.errors import Reason
from cookie_sessions.flask import CookieSessions
from tests.docs.test_pages import ROOT, blocks

PAGE = ROOT / "docs/moving-in.md"
KEY = "0123456789abcdef" * 2


def greet(app: Flask) -> Flask:
    @app.get("/<name>")
    def enter(name: str) -> str:
        session["name"] = name
        return name

    @app.get("/")
    def index() -> str:
        return str(session.get("name"))

    return app


def test_the_example_keeps_the_visitor_signed_in() -> None:
    old = greet(Flask("before"))
    old.secret_key = KEY
    before = old.test_client()
    before.get("/alice")
    cookie = before.get_cookie("session")
    assert cookie is not None
    app = greet(Flask("after"))
    (source,) = blocks(PAGE, "python")
    day = datetime.now(UTC).date() + timedelta(days=30)
    assert '"2030-01-31"' in source
    names = {"app": app, "CookieSessions": CookieSessions, "the_key_as_before": KEY}
    exec(source.replace("2030-01-31", day.isoformat()), names)  # noqa: S102
    after = app.test_client()
    after.set_cookie("session", cookie.value)
    assert after.get("/").text == "alice"
    sealed = after.get_cookie("session")
    assert sealed is not None
    assert "." not in sealed.value


def test_every_reason_on_the_page_is_one() -> None:
    named = re.findall(r"refused, `(\w+)`", PAGE.read_text())
    assert len(named) >= 7
    assert set(named) <= set(Reason)
