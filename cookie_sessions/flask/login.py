"""Flask-Login, where an application uses it: signing in gives the session a new id."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cookie_sessions.flask.session import FRESH_KEY, PRESENT, FlaskSession

if TYPE_CHECKING:
    from flask import Flask, Request


def follow_flask_login(app: Flask) -> None:
    """Have the session know who comes and goes, if Flask-Login is loaded; it is not imported.

    Signing in again as the same user is one too: it counts from now on, whatever was ended before.

    Args:
        app: the application.
    """
    login: Any = sys.modules.get("flask_login")
    if login is not None:
        login.user_logged_in.connect(_note_sign_in, app)
        login.user_login_confirmed.connect(_note_confirmation, app)
        login.user_loaded_from_cookie.connect(_note_return, app)
        login.user_logged_out.connect(_note_sign_out, app)


def overlook_remember_cookie(app: Flask, request: Request) -> None:
    """Have Flask-Login sign nobody in by a cookie where a header carries the session.

    What it would sign in goes back in a header too, which whoever sent the request may read: a page
    of another site, where CORS answers let it, would leave with a session of the visitor's.

    Args:
        app: the application.
        request: one whose Authorization header carries the session.
    """
    login: Any = sys.modules.get("flask_login")
    if login is None:
        return
    name = app.config.get("REMEMBER_COOKIE_NAME", login.COOKIE_NAME)
    cookies = request.cookies
    if name in cookies:
        pairs = [pair for pair in cookies.items(multi=True) if pair[0] != name]
        # Werkzeug reads the header once, and keeps there what it has read.
        vars(request)["cookies"] = type(cookies)(pairs)


def _note_sign_in(_sender: object, **_: Any) -> None:
    if (present := _present()) is not None:
        # Who calls login_user(fresh=False) says that nothing was proved just now.
        present._sign_in(proved=bool(present.get(FRESH_KEY, True)))


def _note_confirmation(_sender: object, **_: Any) -> None:
    if (present := _present()) is not None:
        present.mark_authenticated()


def _note_return(_sender: object, **_: Any) -> None:
    # A remember cookie says whose browser it is, and not who sits before it.
    if (present := _present()) is not None:
        present._sign_in(proved=False)


def _note_sign_out(_sender: object, **_: Any) -> None:
    if (present := _present()) is not None:
        present._sign_out()


def _present() -> FlaskSession | None:
    # The object behind Flask's proxy.
    present = PRESENT._get_current_object()
    return present if isinstance(present, FlaskSession) else None
