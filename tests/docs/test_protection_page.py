"""The examples of docs/protection.md run: who asked to be remembered, and the further session."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request, session
from flask.testing import FlaskClient

from cookie_sessions.flask import CookieSessions
from tests.docs.test_pages import ROOT, blocks
from tests.flask.conftest import Clock

PAGE = ROOT / "docs/protection.md"
SITE = "https://shop.test"
MONTH = 30 * 86_400


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("cookie_sessions.clock.now", clock)
    return clock


@pytest.fixture
def browser(clock: Clock) -> FlaskClient:
    app = Flask("shop")
    app.config.update(
        SECRET_KEY="0123456789abcdef" * 2,
        COOKIE_SESSIONS_IDLE_TIMEOUT=3_600,
        COOKIE_SESSIONS_REMEMBER_TIMEOUT=MONTH,
    )
    CookieSessions(app)
    names: dict[str, Any] = {
        "app": app,
        "session": session,
        "request": request,
        "CookieSessions": CookieSessions,
    }
    for source in blocks(PAGE, "python"):
        exec(source, names)  # noqa: S102
    app.add_url_rule(
        "/", view_func=lambda: str(session.get("_user_id") or names["session"].subject)
    )
    return app.test_client()


def post(browser: FlaskClient, path: str, **form: str) -> str:
    return browser.post(path, base_url=SITE, data=form).text


@pytest.mark.parametrize(("keep", "later"), [("yes", "bob"), ("no", "None")])
def test_who_asked_to_be_remembered_is_after_a_week_and_nobody_else(
    browser: FlaskClient, clock: Clock, keep: str, later: str
) -> None:
    assert post(browser, "/sign-in/bob", keep=keep) == "Welcome"
    assert browser.get("/", base_url=SITE).text == "bob"
    clock.forward(7 * 86_400)
    assert browser.get("/", base_url=SITE).text == later


def test_what_is_allowed_for_ten_minutes_is_over_after_them(
    browser: FlaskClient, clock: Clock
) -> None:
    post(browser, "/sign-in/bob")
    assert post(browser, "/delete-account") == "Please confirm your password."
    assert post(browser, "/confirm") == "You may go on for ten minutes."
    assert post(browser, "/delete-account") == "Deleted."
    clock.forward(601)
    assert post(browser, "/delete-account") == "Please confirm your password."
