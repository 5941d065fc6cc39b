"""Flask-Login, where an application uses it: signing in gives the session a new id."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flask import session

from cookie_sessions.flask.session import FlaskSession

if TYPE_CHECKING:
    from flask import Flask


def follow_flask_login(app: Flask) -> None:
    """Have the session know of sign-ins, if Flask-Login is loaded; nothing is imported for it.

    Signing in again as the same user is one too: it counts from now on, whatever was ended before.

    Args:
        app: the application.
    """
    login: Any = sys.modules.get("flask_login")
    if login is not None:
        login.user_logged_in.connect(_note_sign_in, app)
        login.user_loaded_from_cookie.connect(_note_sign_in, app)


def _note_sign_in(_sender: object, **_: Any) -> None:
    # The object behind Flask's proxy.
    present: object = session._get_current_object()  # type: ignore[attr-defined]
    if isinstance(present, FlaskSession):
        present._intent.signs_in = True
