"""Sealed sessions under any ASGI application (ASGI 3): HTTP and WebSocket handshakes."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, ClassVar, Final, TypeAlias

from cookie_sessions.authorization import token_in
from cookie_sessions.cookies import octets_of
from cookie_sessions.errors import ConfigurationError, ReauthenticationRequired, Unavailable
from cookie_sessions.middleware.answers import UNAVAILABLE, Answer, answer_to
from cookie_sessions.middleware.exchange import Exchange
from cookie_sessions.middleware.headers import Headers
from cookie_sessions.middleware.sessions import Sessions, sessions_of
from cookie_sessions.session import Session
from cookie_sessions.settings import PREFIX

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_OF_ONE_REQUEST: Final = (b"cookie", b"referer")
_DENIAL: Final = "websocket.http.response"


class SessionMiddleware:
    """Gives each connection of an application a session, as ``scope["session"]``.

    The session is saved when the response starts, or when a WebSocket is accepted or denied with a
    response, so it is changed before that. What the application lets out before is answered in its
    place: :class:`~cookie_sessions.Unavailable` by 503 (a WebSocket is closed with 1013 where the
    server can send no response), :class:`~cookie_sessions.ReauthenticationRequired` by 401 (1008).
    What can't be kept is a :class:`~cookie_sessions.UsageError` out of ``send``.

    The event loop never waits: where a session may have to ask a server, it is opened before the
    application is called, and saved, in a thread of asyncio's. Elsewhere it opens at its first use.

    Args:
        app: the application.
        config: the settings, as for :class:`~cookie_sessions.middleware.Sessions`; or such an
            object, where events or the list of ended sessions are needed outside of requests.
        scope_key: where the scope has the session.

    Raises:
        ConfigurationError: a setting is wrong; says which and what to do.

    Attributes:
        app: the application.
        sessions: those of the application.
    """

    #: The class of the sessions.
    session_class: ClassVar[type[Session]] = Session
    _shares_scope: ClassVar[bool] = False

    def __init__(
        self,
        app: Application,
        config: Mapping[str, Any] | Sessions,
        *,
        scope_key: str = "session",
    ) -> None:
        self.app = app
        self._key = scope_key
        self.sessions = sessions_of(config)
        if self.sessions.manager.settings.join_by_commas:
            raise ConfigurationError(
                f"{PREFIX}JOIN_BY_COMMAS is for servers that join Cookie lines by commas, and ASGI "
                f"hands over the lines as they came. Take it out."
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application answer with a session at hand."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        sessions = self.sessions
        exchange = exchange_of(sessions, scope, session_class=self.session_class)
        if exchange.brought_something and sessions.may_wait():
            await asyncio.to_thread(exchange.open_early)
        if self._shares_scope:
            scope[self._key] = exchange.session
        else:
            scope = {**scope, self._key: exchange.session}
        connection = (_Http if kind == "http" else _WebSocket)(sessions, exchange, scope, send)
        try:
            await self.app(scope, receive, connection.send)
        except (Unavailable, ReauthenticationRequired) as error:
            if connection.begun:
                raise
            answer = answer_to(error)
        else:
            return
        await connection.answer(answer)


def exchange_of(sessions: Sessions, scope: Scope, *, session_class: type[Session]) -> Exchange:
    """What an ASGI connection brought, and will be answered.

    Args:
        sessions: those of the application.
        scope: the connection's.
        session_class: the class of its session.
    """
    bond = sessions.manager.bond
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    # RFC 9113, section 8.2.3: lines that HTTP/2 has split are joined so.
    cookie = b"; ".join([value for name, value in headers if name == b"cookie"])
    return Exchange(
        sessions,
        cookie=cookie.decode("latin-1"),
        authorization=functools.partial(_authorization, headers),
        client=None if bond is None else bond.client_of_scope(scope),
        request_octets=functools.partial(_request_octets, headers),
        session_class=session_class,
    )


async def conclude(sessions: Sessions, exchange: Exchange, status: int, headers: Headers) -> bool:
    """Put into a response what the session needs there, without keeping the event loop waiting.

    Args:
        sessions: those of the application.
        exchange: the request's.
        status: of the response.
        headers: of the response; changed in place.

    Returns:
        Whether the response may go out. False: 503 must take its place.

    Raises:
        UsageError: as for :meth:`cookie_sessions.middleware.exchange.Exchange.conclude`.
    """
    if sessions.may_wait() and not exchange.is_idle:
        return await asyncio.to_thread(exchange.conclude, str(status), headers)
    return exchange.conclude(str(status), headers)


class _Http:
    """The response of one request.

    Attributes:
        begun: whether the server has been told of one.
    """

    _start = "http.response.start"
    _body = "http.response.body"

    def __init__(self, sessions: Sessions, exchange: Exchange, _scope: Scope, send: Send) -> None:
        self._sessions = sessions
        self._exchange = exchange
        self._send = send
        self._replaced = False
        self.begun = False

    async def send(self, message: Message) -> None:
        """What the application is given as ``send``."""
        if message["type"] == self._start:
            await self._begin(message, status=message["status"])
        elif not self._replaced:
            await self._send(message)

    async def answer(self, answer: Answer) -> None:
        """Answer in the place of the application."""
        headers = answer.all_headers
        if answer is not UNAVAILABLE:
            # Who has to prove who they are keeps the session that this request has changed.
            may_go = await self._conclude(int(answer.status[:3]), headers)
            answer, headers = (answer, headers) if may_go else (UNAVAILABLE, [])
        if answer is UNAVAILABLE:
            self._exchange.session._commit()
            headers = answer.all_headers
        await self._whole(answer, headers)

    async def _begin(self, message: Message, *, status: int) -> None:
        if self._exchange.is_idle:
            # What is written from now on is lost.
            self._exchange.session._commit()
        else:
            headers = _texts(message.get("headers") or ())
            if not await self._conclude(status, headers):
                await self._refuse()
                return
            message = {**message, "headers": _octets(headers)}
        self.begun = True
        await self._send(message)

    async def _conclude(self, status: int, headers: Headers) -> bool:
        return await conclude(self._sessions, self._exchange, status, headers)

    async def _refuse(self) -> None:
        """Have 503 take the place of the response; what the application sends is dropped."""
        self._replaced = True
        await self._whole(UNAVAILABLE, UNAVAILABLE.all_headers)

    async def _whole(self, answer: Answer, headers: Headers) -> None:
        self.begun = True
        status = int(answer.status[:3])
        await self._send({"type": self._start, "status": status, "headers": _octets(headers)})
        await self._send({"type": self._body, "body": answer.body, "more_body": False})


class _WebSocket(_Http):
    """The handshake of one WebSocket."""

    _start = f"{_DENIAL}.start"
    _body = f"{_DENIAL}.body"

    def __init__(self, sessions: Sessions, exchange: Exchange, scope: Scope, send: Send) -> None:
        super().__init__(sessions, exchange, scope, send)
        self._can_respond = _DENIAL in (scope.get("extensions") or {})

    async def send(self, message: Message) -> None:
        """What the application is given as ``send``."""
        kind = message["type"]
        if kind == "websocket.accept" and not self.begun:
            await self._begin(message, status=101)
            return
        if kind == "websocket.close" and not self.begun:
            # A refusal without a response: there is no header to put anything into.
            self.begun = True
            self._exchange.close()
        await super().send(message)

    async def _whole(self, answer: Answer, headers: Headers) -> None:
        if self._can_respond:
            await super()._whole(answer, headers)
            return
        self.begun = True
        self._exchange.close()
        await self._send({"type": "websocket.close", "code": answer.close_code, "reason": ""})


def _authorization(headers: list[tuple[bytes, bytes]]) -> str:
    # As WSGI servers join a header that comes more than once.
    return b",".join([value for name, value in headers if name == b"authorization"]).decode(
        "latin-1"
    )


def _request_octets(headers: list[tuple[bytes, bytes]]) -> int:
    common = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name not in _OF_ONE_REQUEST
    ]
    # Our own is counted by itself, as it will be.
    counted = [pair for pair in common if pair[0] != "authorization" or token_in(pair[1]) is None]
    return octets_of(counted) + len("\r\n")


def _texts(headers: Any) -> Headers:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _octets(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
