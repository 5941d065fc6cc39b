"""Flask-Login, where an application uses it: signing in gives the session a new id."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flask import session

from cookie_sessions.flask.session import FlaskSession

if TYPE_CHECKING:
    from flask import Flask


def follow_flask_login(app: Flask) -> None:
    """Have the session know who comes and goes, if Flask-Login is loaded; it is not imported.

    Signing in again as the same user is one too: it counts from now on, whatever was ended before.

    Args:
        app: the application.
    """
    login: Any = sys.modules.get("flask_login")
    if login is not None:
        login.user_logged_in.connect(_note_sign_in, app)
        login.user_loaded_from_cookie.connect(_note_sign_in, app)
        login.user_logged_out.connect(_note_sign_out, app)


def _note_sign_in(_sender: object, **_: Any) -> None:
    if (present := _present()) is not None:
        present._sign_in()


def _note_sign_out(_sender: object, **_: Any) -> None:
    if (present := _present()) is not None:
        present._sign_out()


def _present() -> FlaskSession | None:
    # The object behind Flask's proxy.
    present: object = session._get_current_object()  # type: ignore[attr-defined]
    return present if isinstance(present, FlaskSession) else None
