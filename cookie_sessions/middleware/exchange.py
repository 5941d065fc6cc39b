"""One request and what its response must say of the session."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from cookie_sessions.arrival import Arrival
from cookie_sessions.caching import response_octets
from cookie_sessions.conclusion import (
    is_renewed,
    lines_of,
    refresh_is_due,
    sliding_since,
)
from cookie_sessions.cookies import LineLimit, Surroundings
from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.middleware.headers import (
    Headers,
    add_cookies,
    clear_site_data,
    give_token,
    is_public,
    keep_private,
    vary_on,
)
from cookie_sessions.session import Session
from cookie_sessions.succession import is_left

if TYPE_CHECKING:
    from cookie_sessions.client import Client
    from cookie_sessions.middleware.sessions import Sessions


def _no_limit() -> LineLimit | None:
    return None


class Exchange:
    """The session of one request, and the headers by which its response keeps it.

    It is concluded once. Where another response takes the place of the first before anything was
    sent, that one gets the same headers.

    Args:
        sessions: those of the application.
        cookie: the request's Cookie header, each octet one character, or empty.
        authorization: gives its Authorization header in the same form, or empty.
        client: gives the client that sent it, or None where nobody asks.
        request_octets: gives the octets of what a visitor's requests have in common.
        line_limit: gives the limit on Set-Cookie lines, or None where there is none.
        session_class: the class of the session.

    Attributes:
        session: the visitor's, which opens at its first use.
    """

    __slots__ = (
        "_arrival",
        "_concluded",
        "_line_limit",
        "_replaced",
        "_request_octets",
        "_sessions",
        "_steps",
        "session",
    )

    def __init__(
        self,
        sessions: Sessions,
        *,
        cookie: str,
        authorization: Callable[[], str],
        client: Callable[[], Client] | None,
        request_octets: Callable[[], int],
        line_limit: Callable[[], LineLimit | None] = _no_limit,
        session_class: type[Session] = Session,
    ) -> None:
        manager = sessions.manager
        name = sessions.configuration.cookie.name
        arrival: Arrival | None = None
        if manager.settings.header:
            # Only applications whose clients do that load the code for it.
            from cookie_sessions.token import arrival_of

            arrival = arrival_of(manager, authorization(), name=name, client=client)
        self._arrival = arrival or manager.arrival(cookie, name=name, client=client)
        self._sessions = sessions
        self._request_octets = request_octets
        self._line_limit = line_limit
        self._steps: list[Callable[[Headers], None]] = []
        self._concluded = self._replaced = False
        self.session = manager.load(self._arrival, session_class=session_class)

    @property
    def brought_something(self) -> bool:
        """Whether the request has anything that opening its session would have to look at."""
        arrival = self._arrival
        names = (arrival.name, *dict(self._sessions.manager.settings.previous_names))
        return any(name in arrival.header for name in names) or (
            arrival.by_header and bool(arrival.header)
        )

    @property
    def is_idle(self) -> bool:
        """Whether concluding asks for no key and no store, and adds nothing to the response."""
        return (
            not (self._concluded or self.session._is_open) and sliding_since(self.session) is None
        )

    def open_early(self) -> None:
        """Do now what the session's first use would; for a thread in which waiting is allowed."""
        try:
            self._arrival.open_early()
        except ConfigurationError:
            # The session's first use raises it, and pages that have no use for one go on.
            pass

    def close(self) -> None:
        """Note that the response has no room for a session: what is written from now on is lost.

        Where something was written already, that is told.
        """
        session = self.session
        written = session.accessed and session.modified and not self._concluded
        self._concluded = True
        session._commit()
        if written:
            self._sessions.events.emit(EventName.WRITE_LOST, place="a closed WebSocket")

    def conclude(self, status: str, headers: Headers) -> bool:
        """Put into a response what the session needs there.

        Args:
            status: code and reason of the response.
            headers: those of the response; changed in place.

        Returns:
            Whether the response may go out. False: 503 must take its place.

        Raises:
            UsageError: a value can't be kept, or the session does not fit a cookie. A response
                that follows says nothing of the session.
        """
        if not self._concluded:
            self._concluded = True
            self._replaced = not self._conclude(headers)
            self.session._commit()
        for step in self._steps:
            step(headers)
        # A page that an error handler made without the session would say something else.
        failed = self.session._unavailable and status.startswith("500")
        return not (self._replaced or failed)

    def _conclude(self, headers: Headers) -> bool:
        session, sessions, steps = self.session, self._sessions, self._steps
        manager = sessions.manager
        if session.accessed:
            self._vary()
        if session._unavailable:
            # A page that was made without the session is nobody else's either.
            steps.append(keep_private)
            return True
        try:
            if not session._is_open and not self._refresh_is_due(headers):
                return True
            lines = self._lines(headers)
        except Unavailable:
            if not session._unavailable:
                # Opening it has told so itself.
                sessions.events.emit(EventName.UNAVAILABLE)
            return not session.modified
        except (ConfigurationError, UsageError) as error:
            # The frames below hold values of the session, and reporters of errors record the locals
            # of frames: the error goes on without them, and without what it was raised for.
            error.__context__ = None
            # The error page may write to the session: that is lost, and not a second error.
            session._strict = False
            session._commit()
            raise error.with_traceback(None) from None
        types = manager.settings.clear_site_data
        if types and is_left(manager, session):
            keeps = session._holds_something
            steps.append(functools.partial(clear_site_data, types=types, keeps_cookies=keeps))
        if lines:
            if not session.accessed:
                self._vary()
            if self._arrival.by_header:
                (text,) = lines
                steps.append(functools.partial(give_token, text=text))
            else:
                steps.append(functools.partial(add_cookies, lines=lines))
        return True

    def _vary(self) -> None:
        """Say on which headers of the request it depends whose session it is."""
        if not self._arrival.by_header:
            self._steps.append(functools.partial(vary_on, field="Cookie"))
        if self._sessions.manager.settings.header:
            self._steps.append(functools.partial(vary_on, field="Authorization"))

    def _refresh_is_due(self, headers: Headers) -> bool:
        session = self.session
        sealed_at = sliding_since(session)
        if sealed_at is None:
            return False
        self._vary()
        if not self._sessions.configuration.each_request:
            return False
        public = functools.partial(is_public, headers)
        return refresh_is_due(
            self._sessions.manager, session, sealed_at=sealed_at, is_public=public
        )

    def _lines(self, headers: Headers) -> list[str]:
        sessions, session = self._sessions, self.session
        configuration = sessions.configuration

        def renew() -> bool:
            each = configuration.each_request
            renewed = is_renewed(sessions.manager, session, each_request=each)
            # Flask's own rule.
            return session.modified or (session.permanent and each) if renewed is None else renewed

        def line_limit() -> LineLimit | None:
            limit = self._line_limit()
            others = [name for name, _ in headers if name.lower() == "set-cookie"]
            return None if limit is None else limit._replace(others=len(others))

        def surroundings() -> Surroundings:
            octets = functools.partial(response_octets, "200 OK", headers)
            return Surroundings(self._request_octets, octets, line_limit)

        return lines_of(
            sessions.manager,
            session,
            cookie=lambda: configuration.cookie,
            renew=renew,
            expires=lambda: sessions.expires(session),
            surroundings=surroundings,
        )
