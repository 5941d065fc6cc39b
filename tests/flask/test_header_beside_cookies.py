"""Who brings a session in a header may have been sent by another site, with a visitor's cookies.

A browser asks before it sends such a header to another site. Where the CORS answers of an
application say yes to everybody, with cookies, the page chooses the header and the cookies come
along.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import pytest
from flask import Flask, request, session
from werkzeug.test import TestResponse

from cookie_sessions.flask import CookieSessions
from tests.flask.forged import reasons
from tests.flask.world import ours, route

flask_login: Any = import_module("flask_login")

# Flask-Login asks for the time in a way that Python 3.12 and newer warn of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

EVIL = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
TRUSTED = {"Sec-Fetch-Site": "same-site", "Origin": "https://admin.example"}


class User:
    is_active = is_authenticated = True

    def __init__(self, name: str) -> None:
        self.id = name

    def get_id(self) -> str:
        return self.id


def shop(**config: Any) -> Flask:
    """Signs in by Flask-Login, and knows its visitors by a cookie of a proxy before it, too."""
    app = ours(
        COOKIE_SESSIONS_HEADER=True,
        COOKIE_SESSIONS_CSRF_TRUSTED_ORIGINS=["https://admin.example"],
        **config,
    )
    flask_login.LoginManager(app).user_loader(User)
    CookieSessions(app, csrf=True)

    def who() -> str:
        return str(getattr(flask_login.current_user, "id", "nobody"))

    def pay() -> str:
        return f"paid by {request.cookies.get('proxy', 'nobody')}, {who()}"

    route(app, lambda: flask_login.login_user(User("ann"), remember=True), at="/sign-in")
    route(app, who, at="/who")
    route(app, lambda: request.cookies.get("proxy"), at="/proxy")
    app.add_url_rule("/pay", view_func=pay, methods=["POST"])
    return app


def ask(app: Flask, path: str, headers: dict[str, str], *, method: str = "GET") -> TestResponse:
    return app.test_client(use_cookies=False).open(path, method=method, headers=headers)


def remember_cookie(app: Flask) -> str:
    client = app.test_client()
    client.get("/sign-in")
    name = app.config.get("REMEMBER_COOKIE_NAME", "remember_token")
    cookie = client.get_cookie(name)
    assert cookie is not None
    return f"{name}={cookie.value}"


def token(app: Flask) -> str:
    return ask(app, "/sign-in", {"Authorization": "Session"}).headers["Session-Token"]


@pytest.mark.parametrize("with_a_session", [False, True])
def test_a_page_of_another_site_changes_nothing_by_a_header_beside_cookies(
    with_a_session: bool,
) -> None:
    app = shop()
    told = reasons(app)
    own = f"Session {token(app) if with_a_session else ''}".strip()
    headers = {"Authorization": own, "Cookie": "proxy=bob", **EVIL}
    assert ask(app, "/pay", headers, method="POST").status_code == 403
    headers.pop("Sec-Fetch-Site")
    assert ask(app, "/pay", headers, method="POST").status_code == 403
    assert told == ["cross_site", "cross_origin"]


@pytest.mark.parametrize(
    "headers",
    [EVIL, {"Cookie": "proxy=bob"}, {"Cookie": "proxy=bob", **TRUSTED}],
)
def test_who_brings_no_cookies_or_is_trusted_needs_no_token(headers: dict[str, str]) -> None:
    app = shop()
    answer = ask(app, "/pay", {"Authorization": f"Session {token(app)}", **headers}, method="POST")
    assert answer.text == f"paid by {'bob' if 'Cookie' in headers else 'nobody'}, ann"


@pytest.mark.parametrize("config", [{}, {"REMEMBER_COOKIE_NAME": "keep"}])
def test_a_remember_cookie_signs_nobody_in_whose_session_comes_in_a_header(
    config: dict[str, str],
) -> None:
    app = shop(**config)
    cookie = remember_cookie(app)
    assert ask(app, "/who", {"Cookie": cookie}).text == "ann"
    answer = ask(app, "/who", {"Cookie": cookie, "Authorization": "Session", **EVIL})
    assert answer.text == "nobody"
    assert "Session-Token" not in answer.headers
    others = {"Cookie": f"{cookie}; proxy=bob", "Authorization": "Session"}
    assert ask(app, "/proxy", others).text == "bob"


def test_without_flask_login_a_header_leaves_the_cookies_beside_it_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "flask_login", None)
    app = ours(COOKIE_SESSIONS_HEADER=True)

    def keep() -> str:
        session["a"] = 1
        return request.cookies["remember_token"]

    route(app, keep, at="/keep")
    answer = ask(app, "/keep", {"Authorization": "Session", "Cookie": "remember_token=mine"})
    assert answer.text == "mine"
    assert answer.headers["Session-Token"]
