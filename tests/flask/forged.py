"""An application that refuses forged requests, and what the tests ask of it."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, render_template_string, request, session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cookie_sessions import CsrfReason
from cookie_sessions.flask import CookieSessions, CsrfRejected, csrf_token
from tests.flask.world import SECRET, route

UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "post"]


def app_with(*, csrf: bool = True, **config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": SECRET, "PROPAGATE_EXCEPTIONS": True, **config})
    CookieSessions(app, csrf=csrf)
    add_views(app)
    return app


def add_views(app: Flask) -> None:
    def do() -> str:
        session["done"] = session.get("done", 0) + 1
        return "done"

    def sign_in() -> str:
        session["_user_id"] = request.args.get("name", "ann")
        return csrf_token()

    app.add_url_rule("/do", view_func=do, methods=UNSAFE)
    app.add_url_rule("/sign-in", view_func=sign_in, methods=["GET", "POST"])
    route(app, lambda: render_template_string("{{ csrf_token() }}"), at="/form")
    route(app, lambda: "plain", at="/plain")
    route(app, lambda: sorted(session), at="/keys")


def token(client: FlaskClient, path: str = "/form") -> str:
    text = client.get(path).text
    assert re.fullmatch(r"[\w-]{92}", text), text
    return text


def post(client: FlaskClient, text: str | None = None, **kwargs: Any) -> TestResponse:
    data = {} if text is None else {"csrf_token": text}
    return client.post("/do", data={**data, **kwargs.pop("data", {})}, **kwargs)


def reasons(app: Flask) -> list[CsrfReason]:
    """A list that grows by why requests are refused, as the handler of the application sees it."""
    told: list[CsrfReason] = []

    def refused(error: CsrfRejected) -> tuple[str, int]:
        told.append(error.reason)
        return error.reason, 403

    app.register_error_handler(CsrfRejected, refused)
    return told
