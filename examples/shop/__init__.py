"""Crumb & Tin, a small biscuit shop that shows cookie_sessions at work in a Flask application.

What the shop knows about a visitor travels in a sealed cookie, and what has no room there is kept,
sealed too, in an SQLite file beside the key. Another such file holds a list of the sessions that
have ended, and one of who is signed in where. Start it with `gunicorn 'shop:create_app()'` from the
folder above.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request, session
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from cookie_sessions.errors import Unavailable
from cookie_sessions.flask import CookieSessions, CsrfRejected

from . import account, cart, forms, inspector, notes, preferences, sessions, storefront
from .keyfile import ensure_key_file

FROM_ENVIRONMENT = (
    "SHOP_INSTANCE",
    "SHOP_HTTPS",
    "SHOP_PROFILE",
    "SHOP_OVERFLOW",
    "SHOP_REVOCATIONS",
)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The shop, ready to serve; its first start makes the key that seals the sessions.

    Args:
        config: Flask's settings, and five of the shop's own: SHOP_INSTANCE, the folder for the
            key file; SHOP_HTTPS, true where visitors reach the shop by https; SHOP_PROFILE, the
            deployment in front of it; SHOP_OVERFLOW, the URL of the store for what cookies have
            no room for, and SHOP_REVOCATIONS, that of the store for ended sessions and for who is
            signed in where, both empty for none. Each may stand in the environment instead
            (SHOP_HTTPS=1).

    Raises:
        OSError: the key file can't be made.
    """
    given = {name: os.environ[name] for name in FROM_ENVIRONMENT if name in os.environ}
    given |= config or {}
    instance = Path(given.get("SHOP_INSTANCE") or Path(__file__).parent / "instance").resolve()
    key_file = instance / "keys.json"
    ensure_key_file(key_file)

    app = Flask(__name__, instance_path=str(instance))
    app.config["COOKIE_SESSIONS_KEYS"] = f"file:{key_file}"
    app.config["COOKIE_SESSIONS_OVERFLOW"] = (
        given.get("SHOP_OVERFLOW", f"sqlite:{instance / 'overflow.db'}") or None
    )
    revocations = given.get("SHOP_REVOCATIONS", f"sqlite:{instance / 'revocations.db'}") or None
    app.config["COOKIE_SESSIONS_REVOCATIONS"] = revocations
    app.config["COOKIE_SESSIONS_REGISTER"] = revocations is not None
    app.config["COOKIE_SESSIONS_PROFILE"] = given.get("SHOP_PROFILE") or "portable"
    app.config["SESSION_COOKIE_NAME"] = "shop_session"
    # Who asks to stay signed in needs no remember cookie, which nobody could end: each visit moves
    # the end of the session, and the absolute timeout is where that stops.
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=31)
    app.config["COOKIE_SESSIONS_ABSOLUTE_TIMEOUT"] = timedelta(days=90)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    if given.get("SHOP_HTTPS") in (True, "1", "true"):
        app.config["SESSION_COOKIE_SECURE"] = True
        app.config["SESSION_COOKIE_NAME"] = "__Host-shop_session"
    app.config.update(given)
    # Every form carries a token of this session, and other sites' forms are refused.
    CookieSessions(app, csrf=True)

    app.context_processor(_in_every_template)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _show_error)
    app.register_error_handler(CsrfRejected, _show_refusal)
    app.register_error_handler(Unavailable, _show_unavailable)
    for page in (storefront, notes, cart, account, sessions, preferences, inspector):
        app.register_blueprint(page.blueprint)
    return app


def _in_every_template() -> dict[str, object]:
    return {
        "cart": cart.current(),
        "preferences": preferences.current(),
        "user": session.get("user"),
    }


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" and "user" in session:
        # Kept nowhere: after signing out, the back button shows nobody's pages.
        response.headers["Cache-Control"] = "no-store"
    return response


def _show_error(error: HTTPException) -> Response:
    """The error's own response, headers included, with a page in the shop's style."""
    response = Response(render_template("error.html", error=error), error.code or 500)
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            response.headers[name] = value
    return response


def _show_refusal(error: CsrfRejected) -> Response:
    return _show_error(forms.explain(error))


def _show_unavailable(_: Unavailable) -> Response:
    """What a page asked of a store that does not answer; the session itself answers 503."""
    return _show_error(ServiceUnavailable(retry_after=5))
