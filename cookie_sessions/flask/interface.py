"""Flask's session interface over the manager: two methods, and Flask's own getters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from flask.sessions import SessionInterface, SessionMixin

from cookie_sessions import clock
from cookie_sessions.arrival import Arrival
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.flask.headers import (
    is_public,
    keep_private,
    surroundings_of,
    vary_on_cookie,
)
from cookie_sessions.flask.session import FlaskSession, service_unavailable
from cookie_sessions.flask.state import AppState
from cookie_sessions.manager import SessionManager

if TYPE_CHECKING:
    from flask import Flask, Request, Response


class CookieSessionInterface(SessionInterface):
    """Keeps Flask's session in a sealed cookie, under Flask's own configuration.

    It holds no state, so one object may serve every application of the process:
    ``flask.Flask.session_interface = CookieSessionInterface()``. Subclasses may override Flask's
    getters, ``should_set_cookie`` and ``get_expiration_time``; they are asked on each save.
    """

    session_class: type[FlaskSession] = FlaskSession

    def get_cookie_samesite(self, app: Flask) -> str | None:
        """SESSION_COOKIE_SAMESITE; where it was left unset, Lax if the application is hardened."""
        samesite = super().get_cookie_samesite(app)
        return "Lax" if samesite is None and AppState.of(app).harden else samesite

    def open_session(self, app: Flask, request: Request) -> FlaskSession | None:
        """A session that opens at its first use, or None without a secret key and a key ring."""
        state = AppState.of(app)
        manager = state.manager
        if not state.has_keys:
            return None
        header = request.environ.get("HTTP_COOKIE", "")
        bond = manager.bond
        client = None if bond is None else bond.client_of(request.environ)
        arrival = manager.arrival(header, name=self.get_cookie_name(app), client=client)
        session = manager.load(arrival, session_class=self.session_class)
        session._environ = request.environ
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Put into the response what the session needs there; at most once for each session.

        Raises:
            UsageError: a value can't be kept, or the session does not fit a cookie.
        """
        manager = AppState.of(app).manager
        if not isinstance(session, FlaskSession):
            session = self._adopt(manager, session)
        if session.accessed:
            vary_on_cookie(response)
        if session._unavailable:
            # A page that was made without the session is nobody else's either.
            keep_private(response)
            _answer_503(response, only_instead_of_500=True)
            return
        if session._committed:
            return
        session._commit()
        if not session._is_open and not self._refresh_is_due(app, manager, session, response):
            return
        try:
            lines = self._lines(app, manager, session, response)
        except Unavailable:
            manager.events.emit(EventName.UNAVAILABLE)
            if session.modified:
                _answer_503(response)
            return
        except (ConfigurationError, UsageError) as error:
            # The frames below hold values of the session, and reporters of errors record the locals
            # of frames: the error goes on without them, and without what it was raised for.
            error.__context__ = None
            # The error page may write to the session: that is lost, and not a second error.
            session._strict = False
            raise error.with_traceback(None) from None
        if lines:
            for line in lines:
                response.headers.add("Set-Cookie", line)
            if not session.accessed:
                vary_on_cookie(response)
            keep_private(response)

    def _lines(
        self, app: Flask, manager: SessionManager, session: FlaskSession, response: Response
    ) -> list[str]:
        arrival = cast(Arrival, session._origin)
        # Values that can't be unpacked here are not the application's to lose.
        session._settle()
        if not session._holds_something:
            if session.modified or arrival.spent:
                return manager.delete(
                    session,
                    cookie=self._cookie(app),
                    surroundings=surroundings_of(session._environ, response),
                )
            return []
        renew = self.should_set_cookie(app, session)
        if not renew and not manager.must_rewrite(session):
            return []
        expires = _seconds(self.get_expiration_time(app, session))
        return manager.seal(
            session,
            cookie=self._cookie(app),
            expires=expires,
            renew=renew,
            surroundings=surroundings_of(session._environ, response),
        )

    def _refresh_is_due(
        self, app: Flask, manager: SessionManager, session: FlaskSession, response: Response
    ) -> bool:
        """Decide from the clear head whether a session that was not used is to be refreshed."""
        head = cast(Arrival, session._origin).peek()
        if head is None or not head.refreshable:
            return False
        vary_on_cookie(response)
        if not app.config["SESSION_REFRESH_EACH_REQUEST"]:
            return False
        if not manager.timeouts().refresh_due(sealed_at=head.sealed_at, now=clock.now()):
            return False
        if is_public(response):
            return False
        # The head was read without a key: only a session that opens and passes is refreshed, and
        # one that the browser forgets anyway is not written by a request that had no use for it.
        return session.permanent

    def _cookie(self, app: Flask) -> CookieAttributes:
        cookie = CookieAttributes.of(
            self.get_cookie_name(app),
            domain=self.get_cookie_domain(app),
            path=self.get_cookie_path(app),
            secure=bool(self.get_cookie_secure(app)),
            httponly=bool(self.get_cookie_httponly(app)),
            samesite=self.get_cookie_samesite(app),
            partitioned=bool(self.get_cookie_partitioned(app)),
        )
        cookie.check_prefix(settings_prefix="SESSION_COOKIE_")
        return cookie

    def _adopt(self, manager: SessionManager, foreign: SessionMixin) -> FlaskSession:
        """Take over the values of another mapping, as Flask-SocketIO passes one."""
        session = manager.adopt(foreign, session_class=self.session_class)
        session.modified = foreign.modified
        session.accessed = foreign.accessed
        return session


def _seconds(when: datetime | None) -> int | None:
    if when is None:
        return None
    # As Werkzeug does: a naive moment is in UTC.
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def _answer_503(response: Response, *, only_instead_of_500: bool = False) -> None:
    if only_instead_of_500 and response.status_code != 500:
        return
    error = service_unavailable()
    # What was to be sent is dropped: a file or generator in it would stay open otherwise.
    close = getattr(response.response, "close", None)
    if close is not None:
        close()
    response.headers.clear()
    response.headers.extend(error.get_headers())
    response.headers.set("Cache-Control", "no-store")
    response.status_code = 503
    response.set_data(error.get_body())
