"""A forged request comes without the visitor's cookie, and nothing takes that cookie's place.

A browser leaves a cookie behind by its SameSite, and takes the one that the answer sets: the page
for errors, with its forms, would sign the visitor out.
"""

from __future__ import annotations

import pytest
from flask import Flask, session
from werkzeug.exceptions import HTTPException

from cookie_sessions.flask import CookieSessions, csrf_exempt, csrf_token
from tests.flask.forged import app_with, post, token
from tests.flask.world import set_cookies

ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


@pytest.fixture
def app() -> Flask:
    """Its page for errors has a form and writes to the session, as a page with a layout does."""
    app = app_with()

    @app.errorhandler(HTTPException)
    def page(error: HTTPException) -> tuple[str, int]:
        session["told"] = "an error"
        return csrf_token(), error.code or 500

    return app


@pytest.mark.parametrize("headers", ELSEWHERE)
@pytest.mark.parametrize(("path", "status"), [("/do", 403), ("/nowhere", 404), ("/form", 405)])
def test_the_page_that_refuses_it_begins_no_session(
    app: Flask, headers: dict[str, str], path: str, status: int
) -> None:
    answer = app.test_client().post(path, headers=headers)
    assert answer.status_code == status
    assert set_cookies(answer) == []
    assert answer.headers["Cache-Control"] == "private"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}])
def test_the_page_that_refuses_the_applications_own_form_begins_one(
    app: Flask, headers: dict[str, str]
) -> None:
    client = app.test_client()
    answer = client.post("/do", headers=headers)
    assert (answer.status_code, len(set_cookies(answer))) == (403, 1)
    assert post(client, answer.text).text == "done"


def test_a_session_that_came_along_is_kept_as_ever(app: Flask) -> None:
    client = app.test_client()
    text = token(client)
    answer = client.post("/do", headers=ELSEWHERE[0])
    assert (answer.status_code, len(set_cookies(answer))) == (403, 1)
    assert post(client, text).text == "done"


def test_an_exempt_view_may_begin_one(app: Flask) -> None:
    @app.post("/arrive")
    @csrf_exempt
    def arrive() -> str:
        session["name"] = "Ann"
        return ""

    assert len(set_cookies(app.test_client().post("/arrive", headers=ELSEWHERE[0]))) == 1


def test_a_named_session_begins_in_nobodys_place_either(app: Flask) -> None:
    admin = CookieSessions.named(app, "admin", idle_timeout=600, beside_main=False)

    @app.errorhandler(403)
    def page(_: HTTPException) -> tuple[str, int]:
        admin.session["told"] = "an error"
        return "", 403

    assert set_cookies(app.test_client().post("/do", headers=ELSEWHERE[0])) == []
    assert len(set_cookies(app.test_client().post("/do"))) == 1


def test_where_nothing_is_checked_everything_is_as_in_flask() -> None:
    app = app_with(COOKIE_SESSIONS_CSRF=False)

    @app.post("/begin")
    def begin() -> str:
        return str(session.setdefault("name", "Ann"))

    assert len(set_cookies(app.test_client().post("/begin", headers=ELSEWHERE[0]))) == 1
