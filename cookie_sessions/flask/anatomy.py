"""What the cookie of Flask's session is made of, at this moment of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask.sessions import SessionMixin

from cookie_sessions.anatomy import Anatomy, dissect
from cookie_sessions.errors import UsageError
from cookie_sessions.flask.interface import CookieSessionInterface
from cookie_sessions.flask.session import FlaskSession
from cookie_sessions.flask.state import AppState

if TYPE_CHECKING:
    from flask import Flask


def anatomy_of(app: Flask, session: SessionMixin) -> Anatomy:
    """Take a session apart as its cookie will be after this response, unless it changes again.

    Args:
        app: the application.
        session: its session; ``flask.session`` will do.

    Returns:
        The anatomy of the cookie that the response will set, or of the one that stays where it
        will set none. Sealed, whatever form is written at the moment.

    Raises:
        UsageError: it is no session of ours, or holds a value that can't be packed.
        Unavailable: the keys can't be had. At the session's first use it is a 503 instead.
    """
    interface = app.session_interface
    if not isinstance(interface, CookieSessionInterface) or not isinstance(session, FlaskSession):
        raise UsageError(
            f"Only sealed sessions can be taken apart, and this is a {type(session).__name__} of "
            f"{type(interface).__name__}. Put CookieSessions(app) where the application is made, "
            f"and ask during a request."
        )
    manager = AppState.of(app).manager
    claims = session._own_claims
    renew = interface.should_set_cookie(app, session)
    if renew or manager.must_rewrite(session):
        claims = manager.claims_to_seal(session, ring=manager.ring(), renew=renew)
    return dissect(
        session,
        claims=claims,
        cookie=interface._cookie(app),
        absolute_timeout=manager.timeouts().absolute,
    )
