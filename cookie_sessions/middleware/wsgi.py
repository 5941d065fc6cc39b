"""Sealed sessions under any WSGI application (PEP 3333)."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.adapters import line_limit
from cookie_sessions.caching import request_octets
from cookie_sessions.errors import ReauthenticationRequired, Unavailable
from cookie_sessions.middleware.answers import UNAVAILABLE, Answer, answer_to
from cookie_sessions.middleware.exchange import Exchange
from cookie_sessions.middleware.sessions import Sessions, sessions_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENVIRON_KEY: Final = "cookie_sessions.session"
"""Where the environ of a request has its session."""

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class SessionMiddleware:
    """Gives each request of an application a session, as ``environ["cookie_sessions.session"]``.

    The session is saved when the application calls ``start_response``, so it is changed before
    that. What the application lets out before its headers were sent is answered in its place:
    :class:`~cookie_sessions.errors.Unavailable` by 503,
    :class:`~cookie_sessions.errors.ReauthenticationRequired` by 401. What can't be kept is a
    :class:`~cookie_sessions.errors.UsageError` out of ``start_response``.

    Args:
        wsgi_app: the application.
        config: the settings, as for :class:`~cookie_sessions.middleware.Sessions`; or such an
            object, where events or the list of ended sessions are needed outside of requests.
        environ_key: where the environ has the session.

    Raises:
        ConfigurationError: a setting is wrong; says which and what to do.

    Attributes:
        sessions: those of the application.
    """

    def __init__(
        self,
        wsgi_app: WSGIApplication,
        config: Mapping[str, Any] | Sessions,
        *,
        environ_key: str = ENVIRON_KEY,
    ) -> None:
        self._app = wsgi_app
        self._key = environ_key
        self.sessions = sessions_of(config)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Have the application answer with a session at hand."""
        bond = self.sessions.manager.bond
        exchange = Exchange(
            self.sessions,
            cookie=environ.get("HTTP_COOKIE", ""),
            authorization=lambda: environ.get("HTTP_AUTHORIZATION", ""),
            client=None if bond is None else bond.client_of(environ),
            request_octets=functools.partial(request_octets, environ),
            line_limit=functools.partial(line_limit, environ),
        )
        environ[self._key] = exchange.session
        # Servers such as waitress send what they are given: behind the headers that answer a HEAD,
        # a body would be taken for the beginning of the next response (RFC 9110, section 9.3.2).
        is_head = environ.get("REQUEST_METHOD") == "HEAD"
        response = _Response(exchange, start_response, is_head=is_head)
        try:
            body = self._app(environ, response.start)
        except (Unavailable, ReauthenticationRequired) as error:
            if response.sent:
                raise
            return response.answered(answer_to(error))
        if response.replaced:
            _close(body)
            return response.body_of(UNAVAILABLE)
        if response.started and (isinstance(body, list | tuple) or _is_file(environ, body)):
            # Nothing of it runs later, and servers know such a body better than one around it.
            return body
        return _Body(body, response)


class _Response:
    """The response of one request, until its headers are sent.

    Attributes:
        started: whether the server has been told of one.
        sent: whether its headers may have been sent.
        replaced: whether 503 took its place when it was to be saved.
    """

    def __init__(self, exchange: Exchange, start_response: StartResponse, *, is_head: bool) -> None:
        self._exchange = exchange
        self._start_response = start_response
        self._is_head = is_head
        self.started = self.sent = self.replaced = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        """What the application is given as ``start_response``."""
        try:
            headers = [*headers]
            if not self._exchange.conclude(status, headers):
                self.replaced = True
                status, headers = UNAVAILABLE.status, UNAVAILABLE.all_headers
            if exc_info is None:
                write = self._start_response(status, headers)
            else:
                write = self._start_response(status, headers, exc_info)
        finally:
            # As PEP 3333 asks: the frame would keep itself alive otherwise.
            exc_info = None
        self.started = True
        if self.replaced:
            return _drop
        return functools.partial(self._write, write)

    def answered(self, answer: Answer) -> list[bytes]:
        """Answer in the place of the application, which has just raised an error.

        Args:
            answer: what to answer.
        """
        headers = answer.all_headers
        if answer is not UNAVAILABLE:
            # Who has to prove who they are keeps the session that this request has changed.
            answer = answer if self._exchange.conclude(answer.status, headers) else UNAVAILABLE
        if answer is UNAVAILABLE:
            headers = answer.all_headers
            self._exchange.session._commit()
        if self.started:
            self._start_response(answer.status, headers, sys.exc_info())
        else:
            self._start_response(answer.status, headers)
        self.started = True
        return self.body_of(answer)

    def body_of(self, answer: Answer) -> list[bytes]:
        """What is sent behind the headers of an answer: nothing where HEAD was asked.

        Args:
            answer: the answer.
        """
        return [b"" if self._is_head else answer.body]

    def _write(self, write: Callable[[bytes], object], data: bytes) -> None:
        self.sent = True
        write(data)


class _Body:
    """The application's body, whose first part may still find that there is no session.

    Args:
        body: what the application returned.
        response: the response that it belongs to.
    """

    def __init__(self, body: Iterable[bytes], response: _Response) -> None:
        self._body = body
        self._response = response
        self._parts: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        response = self._response
        if response.sent and self._parts is not None:
            return next(self._parts)
        try:
            if self._parts is None:
                self._parts = iter(self._body)
            part = next(self._parts)
        except (Unavailable, ReauthenticationRequired) as error:
            if response.sent:
                raise
            part = self._in_its_place(response.answered(answer_to(error)))
        except StopIteration:
            if not response.replaced:
                raise
            part = self._in_its_place(response.body_of(UNAVAILABLE))
        else:
            if response.replaced:
                part = self._in_its_place(response.body_of(UNAVAILABLE))
        # An empty part sends no headers yet.
        response.sent = response.sent or bool(part)
        return part

    def _in_its_place(self, parts: list[bytes]) -> bytes:
        (part,) = parts
        self._parts = iter(())
        self._response.sent = True
        return part

    def close(self) -> None:
        """Close the application's body (PEP 3333)."""
        _close(self._body)


def _close(body: object) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()


def _drop(_data: bytes) -> None:
    """What is written to a response that 503 took the place of."""


def _is_file(environ: Mapping[str, Any], body: object) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)
