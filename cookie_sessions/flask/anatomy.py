"""What the cookies of Flask's session are made of, at this moment of the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask.sessions import SessionMixin

from cookie_sessions.anatomy import Anatomy, dissect, wires_of
from cookie_sessions.arrival import Arrival
from cookie_sessions.codec import Wire
from cookie_sessions.errors import UsageError
from cookie_sessions.flask.headers import surroundings_of
from cookie_sessions.flask.interface import CookieSessionInterface
from cookie_sessions.flask.session import FlaskSession
from cookie_sessions.flask.state import AppState

if TYPE_CHECKING:
    from flask import Flask


def anatomy_of(app: Flask, session: SessionMixin) -> Anatomy:
    """Take a session apart as its cookies will be after this response, unless it changes again.

    Of the response's other headers nothing is known yet: where they take the room, a commit may
    move more values to the store than is said here.

    Args:
        app: the application.
        session: its session; ``flask.session`` will do.

    Returns:
        The anatomy of the cookies that the response will set, or of those that stay where it
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
    cookie = interface._cookie(app)
    claims = session._own_claims
    wires: Mapping[Any, Wire] = wires_of(session)
    renew = interface.should_set_cookie(app, session)
    if renew or manager.must_rewrite(session):
        claims = manager.claims_to_seal(session, ring=manager.ring(), renew=renew)
        surroundings = surroundings_of(session._environ)
        wires = manager.rehearse(
            session, wires, claims=claims, cookie=cookie, surroundings=surroundings
        )
    timeouts = manager.timeouts()
    arrival = session._origin
    others = len(arrival.header) - arrival.octets if isinstance(arrival, Arrival) else 0
    return dissect(
        session,
        claims=claims,
        cookie=cookie,
        absolute_timeout=timeouts.lasts(claims) or timeouts.absolute,
        profile=manager.settings.profile,
        others=max(0, others),
        wires=wires,
    )
