"""Stands before an adapter: tests it, tells sessions what it found, and refuses what is no request.

An adapter turns a gateway's events into WSGI requests, and some lose cookies on the way, without a
word. A session of several cookies is then read back as none.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.adapters import SET_COOKIE_LINES, STRICT
from cookie_sessions.events import LOGGER, EventName, Events
from cookie_sessions.gateway.reading import Unreadable, readable
from cookie_sessions.gateway.self_test import Finding, MakeHandler, examine
from cookie_sessions.gateway.shape import EventShape, shape_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_COOKIES_SET: Final = 2
_COOKIES_SENT: Final = 3
_LAST_OCTET: Final = "\xff"


class Guarded:
    """A function's handler: made by :func:`guarded`.

    At the first event of each shape the adapter is tested with a request of that shape, which
    never reaches the application.

    Args:
        make_handler: the adapter.
        application: the WSGI application (PEP 3333).
        strict: refuse a session that needs more Set-Cookie lines than survive.
        events: told of each shape in which cookies are lost.
    """

    def __init__(
        self,
        make_handler: MakeHandler,
        application: WSGIApplication,
        *,
        strict: bool,
        events: Events,
    ) -> None:
        self._make_handler = make_handler
        self._application = application
        self._strict = strict
        self._events = events
        self._findings: dict[EventShape, Finding] = {}
        self._handler = make_handler(self._tell)

    def __call__(self, event: Any, context: Any = None) -> Any:
        """Answer one event; what is no request that the adapter can read is answered 400."""
        try:
            event = readable(event)
        except Unreadable as refused:
            return _refusal(str(refused))
        shape = shape_of(event)
        assert shape is not None
        passage = _Passage(self._finding(shape, context), strict=self._strict)
        token = _passage.set(passage)
        try:
            return self._handler(event, context)
        except Exception as error:
            if passage.has_arrived:
                raise
            _note(error)
            return _refusal("The adapter of this function can't read the event.")
        finally:
            _passage.reset(token)

    def self_test(
        self, shapes: Iterable[EventShape] = EventShape, *, context: Any = None
    ) -> list[Finding]:
        """Test the adapter with requests that never reach the application.

        Args:
            shapes: with which.
            context: of an invocation, which some adapters read.

        Returns:
            What it does to the cookies of each, as sessions will meet it behind this guard.
        """
        make = self._make_handler
        return [examine(make, shape, change=readable, context=context) for shape in shapes]

    def _finding(self, shape: EventShape, context: Any) -> Finding:
        found = self._findings.get(shape)
        if found is None:
            (found,) = self.self_test([shape], context=context)
            self._findings[shape] = found
            for way, lines, kept in (
                ("set", _COOKIES_SET, found.kept),
                ("sent", _COOKIES_SENT, found.arrive),
            ):
                if kept < lines:
                    self._events.emit(EventName.COOKIES_CUT, way=way, lines=lines, kept=kept)
        return found

    def _tell(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Call the application, with what was found in its environ."""
        passage = _passage.get()
        if passage is not None:
            passage.has_arrived = True
            found = passage.finding
            # Where the adapter could not be tested, what its signature tells is still known.
            if not found.fault:
                environ[SET_COOKIE_LINES] = None if found.keeps_all else found.kept
            environ[STRICT] = passage.strict
            environ.update(_octets_of_wide(environ))
        return self._application(environ, start_response)


def guarded(
    make_handler: MakeHandler,
    application: WSGIApplication,
    *,
    strict: bool = False,
    events: Events | None = None,
) -> Guarded:
    """Put a guard before the adapter of a function.

    As in ``handler = guarded(apig_wsgi.make_lambda_handler, app)``.

    Fields that are null where the gateways' documentation allows it, or write the Cookie header in
    another case or on several lines, are brought into one form first; Cookie lines of a list are
    joined by a semicolon and a blank (RFC 9113, section 8.2.3), and none is taken apart at a comma.

    Args:
        make_handler: the adapter: makes a handler for a WSGI application; called once for the
            application and once for each shape of event that is tested. For mangum,
            ``lambda app: Mangum(WSGIMiddleware(app))``.
        application: the WSGI application (PEP 3333).
        strict: have a session that needs more Set-Cookie lines than survive raise SessionTooLarge,
            as COOKIE_SESSIONS_STRICT does; else an event says that it was cut.
        events: told, as ``cookies_cut``, of each shape of event in which cookies are lost; None:
            the log alone. ``CookieSessions.events(app)`` for those of a Flask application.

    Returns:
        The handler to name in the function's configuration.
    """
    return Guarded(make_handler, application, strict=strict, events=events or Events())


class _Passage:
    """One event on its way through the adapter."""

    __slots__ = ("finding", "has_arrived", "strict")

    def __init__(self, finding: Finding, *, strict: bool) -> None:
        self.finding = finding
        self.strict = strict
        self.has_arrived = False


# Adapters that call the application in another thread copy the context of this one.
_passage: Final[ContextVar[_Passage | None]] = ContextVar("passage", default=None)


def _octets_of_wide(environ: WSGIEnvironment) -> dict[str, str]:
    """Values that are no octets, as some adapters leave them: their UTF-8 as PEP 3333 has it."""
    wide = {
        name: value
        for name, value in environ.items()
        if isinstance(value, str) and not value.isascii() and max(value) > _LAST_OCTET
    }
    return {name: value.encode().decode("latin-1") for name, value in wide.items()}


def _note(error: Exception) -> None:
    # Imported here because logging is the dearest import of a cold start.
    import logging

    kind = type(error).__name__
    logging.getLogger(LOGGER).error("The adapter failed with %s before the application.", kind)


def _refusal(text: str) -> dict[str, Any]:
    headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
    return {
        "statusCode": 400,
        "statusDescription": "400 Bad Request",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "isBase64Encoded": False,
        "body": text,
    }
