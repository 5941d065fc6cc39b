"""Further sessions beside ``flask.session``: each with a cookie, timeouts and a purpose of its own.

What is allowed for ten minutes after a password was asked for once more stands in a cookie that is
stricter than the one that keeps somebody signed in, and ends with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import has_request_context, request

from cookie_sessions.cookies import is_token
from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.flask.headers import surroundings_of
from cookie_sessions.flask.interface import NAMED, CookieSessionInterface
from cookie_sessions.flask.session import PRESENT, FlaskSession, came_by_header
from cookie_sessions.flask.state import APPLICATION, AppState
from cookie_sessions.manager import SessionManager
from cookie_sessions.ownership import subject_of
from cookie_sessions.policy import Timeouts
from cookie_sessions.policy.levels import within
from cookie_sessions.succession import Succession

if TYPE_CHECKING:
    from flask import Flask, Response

_HALF: Final = 0.5


class NamedSession(CookieSessionInterface):
    """One further session of an application.

    Args:
        app: the application.
        name: what it is called; its cookie is called as the main one's with this behind a hyphen.
        idle_timeout: seconds after which it ends that nobody uses.
        absolute_timeout: seconds after which it ends whatever happens; None: no such end.
        samesite: "Strict", "Lax" or "None".
        beside_main: whether it is refused beside any other session than the one that it was begun
            with, and so ends with that. A new id of the main session ends it too.

    Raises:
        ConfigurationError: the name can't be part of a cookie's, or is in use.
    """

    def __init__(
        self,
        app: Flask,
        name: str,
        *,
        idle_timeout: int,
        absolute_timeout: int | None = None,
        samesite: str = "Strict",
        beside_main: bool = True,
    ) -> None:
        state = AppState.of(app)
        if not is_token(name) or "." in name:
            raise ConfigurationError(
                f"A further session can't be called {name!r}, because its cookie could not. Use "
                f"letters, digits and hyphens."
            )
        if name in state.named:
            raise ConfigurationError(
                f"There is a further session {name!r} already. Make it once, where the application "
                f"is made, and use that one."
            )
        self._app = app
        self._name = name
        self._timeouts = Timeouts(idle_timeout, absolute_timeout, refresh=_HALF, all_slide=True)
        self._samesite = samesite
        self._beside_main = beside_main
        self._manager: SessionManager | None = None
        state.named[name] = self

    def __repr__(self) -> str:
        return f"<NamedSession {self._name!r}>"

    @property
    def session(self) -> FlaskSession:
        """This visitor's, opened at its first use in a request; used like ``flask.session``.

        Raises:
            UsageError: there is no request.
        """
        if not has_request_context():
            raise UsageError(
                f"The session {self._name!r} is a visitor's, and there is no request. Use it where "
                f"flask.session can be used."
            )
        held: dict[NamedSession, FlaskSession] = request.environ.setdefault(NAMED, {})
        if self not in held:
            opened = self._opened()
            if opened is None:
                raise ConfigurationError(
                    "There is no key, so no session can be sealed. Set SECRET_KEY or "
                    "COOKIE_SESSIONS_KEYS."
                )
            opened._main_owner = _main_owner()
            held[self] = opened
        return held[self]

    def belongs_to(self, app: Flask) -> bool:
        """Whether it is a session of this application."""
        return self._app is app

    def _opened(self) -> FlaskSession | None:
        main = PRESENT._get_current_object()
        if came_by_header(main):
            # Such a client's cookies are passed over, and it is given none.
            manager = self.manager(self._app)
            return manager.load(manager.arrival("", name=""), session_class=FlaskSession)
        return self.open_session(self._app, request)

    def get_cookie_name(self, app: Flask) -> str:
        """The main session's name, and its own behind it."""
        return f"{app.session_interface.get_cookie_name(app)}-{self._name}"

    def get_cookie_samesite(self, app: Flask) -> str | None:
        """As it was made."""
        return self._samesite

    def get_expiration_time(self, app: Flask, session: Any) -> None:
        """None: no browser keeps it when its window is closed."""

    def _lines(
        self, app: Flask, manager: SessionManager, session: FlaskSession, response: Response
    ) -> list[str]:
        """As for the main session; what stands beside another main one now is not written."""
        if not self._beside_main:
            return super()._lines(app, manager, session, response)
        name, came = _main_session(), session._content
        stays = session._main_owner in (None, _main_owner())
        if name is not None and stays and (came is None or came.claims.beside == name):
            return super()._lines(app, manager, session, response)
        if came is None:
            if session.modified:
                manager.events.emit(EventName.WRITE_IGNORED)
            return []
        surroundings = surroundings_of(session._environ, response)
        return manager.delete(session, cookie=self._cookie(app), surroundings=surroundings)

    def manager(self, app: Flask) -> SessionManager:
        """What seals and opens it: under the application's keys, and timeouts of its own."""
        if self._manager is None:
            state = AppState.of(app)
            main = state.manager
            settings = main.settings._replace(
                previous_names=(),
                former_scopes=(),
                overflow=None,
                header=False,
                clear_site_data=(),
            )
            wanted = self._timeouts
            timeouts = within(settings.timeouts, wanted, lifetime=wanted.idle)
            self._manager = SessionManager(
                settings=settings,
                ring=state.ring,
                timeouts=lambda: timeouts,
                events=main.events,
                codec=main.codec,
                revocations=main.revocations,
                look_again=main.look_again,
                hooks=state.hooks,
                beside=_main_session if self._beside_main else None,
            )
        return self._manager


def _main_owner() -> bytes | None:
    """Whose the visitor's main session is at the moment; None where it is nobody's."""
    # The object behind Flask's proxy.
    main = PRESENT._get_current_object()
    if not isinstance(main, FlaskSession):
        return None
    app = APPLICATION._get_current_object()
    return subject_of(main, manager=AppState.of(app).manager)


def _main_session() -> bytes | None:
    """What names the visitor's main session; None where there is none to stand beside."""
    from cookie_sessions.revocation.identity import session_id

    # The object behind Flask's proxy.
    main = PRESENT._get_current_object()
    if not isinstance(main, FlaskSession) or not main._holds_something:
        return None
    app = APPLICATION._get_current_object()
    # The id that it will have once this request is over.
    return session_id(Succession(AppState.of(app).manager, main).settle_id())
