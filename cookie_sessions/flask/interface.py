"""Flask's session interface over the manager: two methods, and Flask's own getters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from flask.sessions import SessionInterface, SessionMixin

from cookie_sessions import clock
from cookie_sessions.conclusion import (
    is_dropped,
    is_renewed,
    keeps_something,
    kept_until,
    refresh_is_due,
    sliding_since,
)
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.flask.headers import (
    clear_site_data,
    give_token,
    is_public,
    keep_private,
    surroundings_of,
    vary_on,
)
from cookie_sessions.flask.login import overlook_remember_cookie
from cookie_sessions.flask.session import FORGED, FlaskSession, came_by_header, service_unavailable
from cookie_sessions.flask.state import AppState
from cookie_sessions.manager import SessionManager
from cookie_sessions.settings import COOKIE_PREFIXES
from cookie_sessions.succession import is_left

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask, Request, Response

    from cookie_sessions.arrival import Arrival
    from cookie_sessions.client import Client
    from cookie_sessions.flask.named import NamedSession


_GETTERS: Final = (
    *("get_cookie_name", "get_cookie_domain", "get_cookie_path", "get_cookie_secure"),
    *("get_cookie_httponly", "get_cookie_samesite", "get_cookie_partitioned"),
)
NAMED: Final = "cookie_sessions.named"
"""Where the environ of a request keeps the further sessions that it has used."""


class CookieSessionInterface(SessionInterface):
    """Keeps Flask's session in a sealed cookie, under Flask's own configuration.

    It holds no state, so one object may serve every application of the process:
    ``flask.Flask.session_interface = CookieSessionInterface()``. Subclasses may override Flask's
    getters, ``should_set_cookie`` and ``get_expiration_time``; they are asked on each save.
    """

    session_class: type[FlaskSession] = FlaskSession

    _has_own_getters = False
    """Whether a subclass overrides what says how the cookie is made, so that it is asked."""

    _says_expiry = False
    """Whether a subclass overrides until when browsers keep it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        ours = CookieSessionInterface
        cls._has_own_getters = any(
            getattr(cls, name) is not getattr(ours, name) for name in _GETTERS
        )
        cls._says_expiry = cls.get_expiration_time is not ours.get_expiration_time

    def get_cookie_name(self, app: Flask) -> str:
        """SESSION_COOKIE_NAME, with the prefix that COOKIE_SESSIONS_COOKIE_PREFIX asks for."""
        name = super().get_cookie_name(app)
        prefix = self._prefix(app)
        return name if name.lower().startswith(prefix.lower()) else prefix + name

    def get_cookie_secure(self, app: Flask) -> bool:
        """SESSION_COOKIE_SECURE; True where a prefix asks for it."""
        return bool(self._prefix(app)) or super().get_cookie_secure(app)

    def get_cookie_path(self, app: Flask) -> str:
        """SESSION_COOKIE_PATH; where it was left unset, / if the prefix asks for it, or Flask's."""
        if (
            self._prefix(app) == COOKIE_PREFIXES["host"]
            and app.config["SESSION_COOKIE_PATH"] is None
        ):
            return "/"
        return super().get_cookie_path(app)

    def get_cookie_samesite(self, app: Flask) -> str | None:
        """SESSION_COOKIE_SAMESITE; where it was left unset, Lax if the application is hardened."""
        samesite = super().get_cookie_samesite(app)
        return "Lax" if samesite is None and AppState.of(app).harden else samesite

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Whether a session's end is moved, or its changes are kept, by this response.

        By Flask's rule, unless our own timeouts say that it is due once a part of the idle timeout
        is over, or has nothing to move because the session is remembered.
        """
        if isinstance(session, FlaskSession):
            each = app.config["SESSION_REFRESH_EACH_REQUEST"]
            renewed = is_renewed(self.manager(app), session, each_request=each)
            if renewed is not None:
                return renewed
        return super().should_set_cookie(app, session)

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """Until when a browser keeps the cookie of a permanent session: a courtesy, no more."""
        expires = super().get_expiration_time(app, session)
        if expires is None or not isinstance(session, FlaskSession):
            return expires
        until = kept_until(self.manager(app), session)
        return expires if until is None else datetime.fromtimestamp(until, UTC)

    def open_session(self, app: Flask, request: Request) -> FlaskSession | None:
        """A session that opens at its first use, or None without a secret key and a key ring."""
        state = AppState.of(app)
        # A cookie that browsers would drop stops the first request, not the first sign-in.
        if self._has_own_getters or self.__dict__:
            if not state.has_manager:
                self._cookie(app)
            manager = self.manager(app)
            name = self.get_cookie_name(app) if state.has_keys else ""
        else:
            name = state.cookie(self._built).name
            manager = state.manager
        if not state.has_keys:
            return None
        environ = request.environ
        bond = manager.bond
        client = None if bond is None else bond.client_of(environ)
        arrival = None
        if manager.settings.header:
            arrival = _in_header(manager, environ, name=name, client=client)
        if arrival is not None:
            overlook_remember_cookie(app, request)
        else:
            arrival = manager.arrival(environ.get("HTTP_COOKIE", ""), name=name, client=client)
        session = manager.load(arrival, session_class=self.session_class)
        session._environ = environ
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Put into the response what the session needs there; at most once for each session.

        Further sessions that the request has used are saved before it: an error of theirs must not
        take the main one's cookie with it, which the error page saves.

        Raises:
            UsageError: a value can't be kept, or the session does not fit a cookie.
        """
        held = session._environ.get(NAMED) if isinstance(session, FlaskSession) else None
        if not held:
            self._save(app, session, response)
            return
        # Those of another application that was called with the same environ are its own.
        further = [(each, one) for each, one in [*held.items()] if each.belongs_to(app)]
        saved: list[FlaskSession] = []
        try:
            self._save_further(app, session, further, response, saved)
            self._save(app, session, response)
        except (ConfigurationError, UsageError):
            for one in saved:
                # Its lines went with this response: the error page sets them.
                one._committed = False
            raise

    def _save_further(
        self,
        app: Flask,
        session: SessionMixin,
        further: list[tuple[NamedSession, FlaskSession]],
        response: Response,
        saved: list[FlaskSession],
    ) -> None:
        failed: ConfigurationError | UsageError | None = None
        for interface, one in further:
            if came_by_header(session):
                if one.modified and not one._committed:
                    one._commit()
                    self.manager(app).events.emit(EventName.WRITE_IGNORED)
                continue
            try:
                interface._save(app, one, response)
                saved.append(one)
            except (ConfigurationError, UsageError) as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def manager(self, app: Flask) -> SessionManager:
        """What loads and commits an application's sessions.

        Raises:
            ConfigurationError: one of our settings is wrong.
        """
        return AppState.of(app).manager

    def _save(self, app: Flask, session: SessionMixin | None, response: Response) -> None:
        if not isinstance(session, FlaskSession):
            if session is None:
                # It could not be opened, and the response is Flask's page of that error.
                return
            session = self._adopt(self.manager(app), session)
        unused = session._wires is None
        sealed_at = sliding_since(session) if unused else None
        if unused and sealed_at is None and not session.accessed:
            # So it is with most sessions that a request had no use for.
            session._commit()
            return
        manager = self.manager(app)
        if session.accessed:
            _vary(manager, session, response)
        if session._csrf is not None:
            keep_private(response)
        if session._unavailable:
            # A page that was made without the session is nobody else's either.
            keep_private(response)
            _answer_503(response, only_instead_of_500=True)
            return
        if session._committed:
            return
        session._commit()
        if unused and not self._refresh_is_due(app, manager, session, response, sealed_at):
            return
        if FORGED in session._environ and session.new:
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
        types = manager.settings.clear_site_data
        if types and is_left(manager, session):
            clear_site_data(response, types, keeps_cookies=_keeps_cookies(session))
        if lines:
            if not session.accessed:
                _vary(manager, session, response)
            if came_by_header(session):
                (text,) = lines
                give_token(response, text)
                return
            for line in lines:
                response.headers.add("Set-Cookie", line)
            keep_private(response)

    def _lines(
        self, app: Flask, manager: SessionManager, session: FlaskSession, response: Response
    ) -> list[str]:
        # As conclusion.lines_of does it, without a function for each thing that is seldom asked.
        if not keeps_something(manager, session):
            if not is_dropped(session):
                return []
            surroundings = surroundings_of(session._environ, response)
            return manager.delete(session, cookie=self._cookie(app), surroundings=surroundings)
        renew = self.should_set_cookie(app, session)
        if not renew and not manager.must_rewrite(session):
            return []
        expires = self._expires(app, manager, session)
        return manager.seal(
            session,
            cookie=self._cookie(app),
            expires=expires,
            renew=renew,
            surroundings=surroundings_of(session._environ, response),
        )

    def _expires(self, app: Flask, manager: SessionManager, session: FlaskSession) -> int | None:
        if self._says_expiry or self.__dict__:
            return _seconds(self.get_expiration_time(app, session))
        # The same without a datetime in between, for what is asked in each response that writes.
        if not session.permanent:
            return None
        until = kept_until(manager, session)
        return int(clock.now() + AppState.of(app).lifetime if until is None else until)

    def _refresh_is_due(
        self,
        app: Flask,
        manager: SessionManager,
        session: FlaskSession,
        response: Response,
        sealed_at: int | None,
    ) -> bool:
        """Decide from the clear head whether a session that was not used is to be refreshed."""
        if sealed_at is None:
            return False
        _vary(manager, session, response)
        if not app.config["SESSION_REFRESH_EACH_REQUEST"]:
            return False
        return refresh_is_due(
            manager, session, sealed_at=sealed_at, is_public=lambda: is_public(response)
        )

    def _prefix(self, app: Flask) -> str:
        return COOKIE_PREFIXES[AppState.of(app).manager.settings.cookie_prefix]

    def _cookie(self, app: Flask) -> CookieAttributes:
        if self._has_own_getters or self.__dict__:
            return self._built(app)
        return AppState.of(app).cookie(self._built)

    def _built(self, app: Flask) -> CookieAttributes:
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


def _in_header(
    manager: SessionManager,
    environ: Mapping[str, Any],
    *,
    name: str,
    client: Callable[[], Client] | None,
) -> Arrival | None:
    # Only applications whose clients do that load the code for it.
    from cookie_sessions.token import arrival_of

    return arrival_of(manager, environ.get("HTTP_AUTHORIZATION", ""), name=name, client=client)


def _keeps_cookies(session: FlaskSession) -> bool:
    further = session._environ.get(NAMED, {}).values()
    return any(each._holds_something for each in (session, *further))


def _vary(manager: SessionManager, session: FlaskSession, response: Response) -> None:
    """Say on which headers of the request it depends whose session the response was made with."""
    if not came_by_header(session):
        vary_on(response, "Cookie")
    if manager.settings.header:
        vary_on(response, "Authorization")


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
