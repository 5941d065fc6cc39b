"""Quart's session interface over the same sessions: ``quart.session`` as before, but sealed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.errors import ReauthenticationRequired, Unavailable
from cookie_sessions.middleware.answers import answer_to
from cookie_sessions.middleware.asgi import conclude, exchange_of
from cookie_sessions.middleware.exchange import Exchange
from cookie_sessions.middleware.sessions import Sessions
from cookie_sessions.session import Session

try:
    from quart import Quart, Response
    from quart.sessions import SessionInterface, SessionMixin
except ImportError as missing:
    raise ImportError(
        "Quart is not installed. Install it with: pip install 'cookie-sessions[quart]'"
    ) from missing

if TYPE_CHECKING:
    from quart.wrappers import BaseRequestWebsocket
    from werkzeug.wrappers import Response as WerkzeugResponse

EXTENSION: Final = "cookie_sessions"


class QuartSession(Session, SessionMixin):  # type: ignore[override]
    """The session that ``quart.session`` stands for."""

    _exchange: Exchange | None = None


class CookieSessions:
    """Sealed, stateless sessions for a Quart application.

    Its configuration is read at once, so this stands behind what sets it. What a view lets out is
    answered by error handlers that the application may replace by its own: Unavailable by 503,
    ReauthenticationRequired by 401. A WebSocket reads its session; as with Quart's own, what it
    writes is not kept.

    Args:
        app: the application.
        sessions: made before, with events of one's own; None: made from ``app.config``.

    Raises:
        ConfigurationError: a setting is wrong; says which and what to do.

    Attributes:
        sessions: those of the application.
    """

    def __init__(self, app: Quart, sessions: Sessions | None = None) -> None:
        self.sessions = Sessions(app.config) if sessions is None else sessions
        app.extensions[EXTENSION] = self
        app.session_interface = CookieSessionInterface(self.sessions)  # type: ignore[assignment]
        for error in (Unavailable, ReauthenticationRequired):
            app.register_error_handler(error, _answer)


class CookieSessionInterface(SessionInterface):
    """Opens and saves the sessions of one application.

    Args:
        sessions: those of the application.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> QuartSession:
        """A session that opens at its first use; at once where that may have to ask a server."""
        sessions = self._sessions
        scope: Any = request.scope
        exchange = exchange_of(sessions, scope, session_class=QuartSession)
        if exchange.brought_something and sessions.may_wait():
            await asyncio.to_thread(exchange.open_early)
        session = exchange.session
        assert isinstance(session, QuartSession)
        session._exchange = exchange
        return session

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        """Put into the response what the session needs there; None ends a WebSocket.

        Raises:
            UsageError: a value can't be kept, or the session does not fit a cookie.
        """
        exchange = session._exchange if isinstance(session, QuartSession) else None
        if exchange is None:
            return
        if response is None:
            exchange.close()
            return
        if exchange.is_idle:
            exchange.session._commit()
            return
        headers = [*response.headers.items()]
        if await conclude(self._sessions, exchange, response.status_code, headers):
            response.headers.clear()
            response.headers.extend(headers)
            return
        answer = answer_to(Unavailable())
        response.status_code = 503
        response.headers.clear()
        response.set_data(answer.body)
        response.headers.clear()
        response.headers.extend(answer.all_headers)


async def _answer(error: Unavailable | ReauthenticationRequired) -> Response:
    answer = answer_to(error)
    return Response(answer.body, status=int(answer.status[:3]), headers=dict(answer.all_headers))
