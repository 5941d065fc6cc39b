"""The application: sign in, note something, forget it, sign out here or everywhere.

There are no accounts: any name is welcome with the password "demo".
"""

from __future__ import annotations

import hmac
import json
from typing import Final, cast

from flask import Flask, abort, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from cookie_sessions.flask import CookieSessions, FlaskSession

PREFIX: Final = "JOTTER"
"""Begins the environment variables that are settings: JOTTER_COOKIE_SESSIONS_KEYS and so on."""

DEFAULTS: Final[dict[str, object]] = {
    # The strictest of the fronts that a function may stand behind.
    "COOKIE_SESSIONS_PROFILE": "aws-http-api",
    "MAX_CONTENT_LENGTH": 64 * 1024,
    "SESSION_COOKIE_NAME": "jotter",
}

PASSWORD: Final = "demo"
LONGEST_NAME: Final = 16
"""Characters; so many have at most 64 octets, which a session's subject keeps as they are."""

LONGEST_NOTE: Final = 6_000


def create_app() -> Flask:
    """The jotter, with its settings from the environment.

    Every variable that begins with ``JOTTER_`` is a setting of Flask or of this package without
    that prefix: a whole number, ``true`` and ``false``, or else text.

    Nothing is read from the source of the keys yet: while it can't answer, requests that need a
    session are answered with 503, and the first one after that succeeds.
    """
    app = Flask(__name__)
    app.config.from_mapping(DEFAULTS)
    app.config.from_prefixed_env(PREFIX, loads=_number_or_flag)
    CookieSessions(app, csrf=True)
    app.add_url_rule("/", view_func=show)
    app.add_url_rule("/sign-in", view_func=sign_in, methods=["POST"])
    app.add_url_rule("/notes", view_func=add_note, methods=["POST"])
    app.add_url_rule("/notes/forget", view_func=forget_note, methods=["POST"])
    app.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    app.add_url_rule("/sign-out-everywhere", view_func=sign_out_everywhere, methods=["POST"])
    return app


def show() -> str:
    """The notes, or the form for signing in."""
    return render_template(
        "jotter.html",
        name=session.get("name"),
        notes=session.get("notes", []),
        ends_everywhere=_ends_everywhere(),
        longest_name=LONGEST_NAME,
        longest_note=LONGEST_NOTE,
    )


def sign_in() -> Response:
    """Give the session a subject, and with it a new id."""
    name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME].rstrip()
    given = request.form.get("password", "").encode("utf-8", "replace")
    if not name or not name.isprintable() or not hmac.compare_digest(given, PASSWORD.encode()):
        abort(403, "That did not match. Any name works, and the password is demo.")
    _opened().subject = name
    session["name"] = name
    session["notes"] = []
    return _back()


def add_note() -> Response:
    """Keep one more note; a long one takes the session to its second cookie."""
    _owner()
    note = request.form.get("note", "")[:LONGEST_NOTE]
    if note:
        session["notes"].append(note)
    return _back()


def forget_note() -> Response:
    """Drop the last note; the response deletes the cookies that are needed no more."""
    _owner()
    if session["notes"]:
        session["notes"].pop()
    return _back()


def sign_out() -> Response:
    """End this session; with a list of ended sessions, every copy of its cookies too."""
    _opened().destroy()
    return _back()


def sign_out_everywhere() -> Response:
    """End all sessions of this user, on whichever machine they are."""
    owner = _owner()
    if not _ends_everywhere():
        abort(404)
    CookieSessions.revoke_user(current_app, owner)
    _opened().destroy()
    return _back()


def _number_or_flag(text: str) -> bool | int:
    """Read a whole number or a flag; ValueError makes Flask keep the text, such as a JWK Set."""
    value = json.loads(text)
    if isinstance(value, bool | int):
        return value
    raise ValueError


def _opened() -> FlaskSession:
    """The session by its own class, which can do more than Flask's type for it says."""
    return cast(FlaskSession, session)


def _owner() -> object:
    owner: object = _opened().subject
    if owner is None:
        abort(403, "Sign in first.")
    return owner


def _ends_everywhere() -> bool:
    """Whether there is a list that this application writes; a snapshot can only be read."""
    place = current_app.config.get("COOKIE_SESSIONS_REVOCATIONS") or "snapshot:"
    return not str(place).startswith("snapshot:")


def _back() -> Response:
    return redirect(url_for("show"), 303)
