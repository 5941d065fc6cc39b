"""Our session as Flask's: the mixin's attributes, and 503 where keys or stores don't answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

from flask import g, has_request_context
from flask import session as flask_session
from flask.sessions import SessionMixin
from werkzeug.exceptions import ServiceUnavailable

from cookie_sessions.codec import Wire
from cookie_sessions.conclusion import RETRY_AFTER, UNAVAILABLE_TEXT
from cookie_sessions.errors import ReauthenticationRequired, Unavailable
from cookie_sessions.session import Session

if TYPE_CHECKING:
    from werkzeug.local import LocalProxy

PRESENT: Final = cast("LocalProxy[object]", flask_session)
"""Flask's proxy as what it is: behind it is the session, ours or another interface's."""

FRESH_KEY: Final = "_fresh"
"""Where Flask-Login says whether the user signed in with this session."""

FAILED: Final = "cookie_sessions.failed"
"""Stands in the environ of a request from when Flask makes its 500 page."""

FORGED: Final = "cookie_sessions.forged"
"""Stands in the environ of a request that another site's page had sent."""


def service_unavailable() -> ServiceUnavailable:
    """The answer to a request whose session can be neither opened nor saved for now."""
    return ServiceUnavailable(UNAVAILABLE_TEXT, retry_after=RETRY_AFTER)


def came_by_header(session: object) -> bool:
    """Whether the Authorization header brought a session, which may be Flask's proxy of one."""
    if isinstance(session, FlaskSession):
        return session._origin.by_header
    return bool(getattr(getattr(session, "_origin", None), "by_header", False))


@contextmanager
def unavailable_as_503() -> Iterator[None]:
    """Have what is unavailable be answered to the visitor, where there is one."""
    try:
        yield
    except Unavailable:
        if has_request_context():
            raise service_unavailable() from None
        raise


class FlaskSession(Session, SessionMixin):  # type: ignore[override]
    """The session that ``flask.session`` stands for; see :class:`cookie_sessions.session.Session`.

    At its first use it may raise a 503 (an HTTPException with Retry-After), once; from then on it
    reads as empty in that request, so that error pages work. Where Flask would no longer catch the
    503 (in its 500 page, or after the response was made) nothing is raised.
    """

    _environ: Mapping[str, Any] = MappingProxyType({})
    _csrf: tuple[bytes, str] | None = None
    """The token that this response shows, behind the id that it was made of."""

    def _open(self) -> dict[Any, Wire]:
        try:
            wires = super()._open()
        except Unavailable:
            if self._committed or FAILED in self._environ:
                return self._opened()
            raise service_unavailable() from None
        if not self._is_trusted and FRESH_KEY in wires:
            # It reads so in this request alone: what is not watched is not written.
            self._live[FRESH_KEY] = False
        return wires

    def require_fresh(self, max_age: float | timedelta) -> None:
        """As the core's session does it; answered 401, or by a redirect where settings say so."""
        try:
            super().require_fresh(max_age)
        except ReauthenticationRequired as required:
            from cookie_sessions.flask.reauthentication import answer_to

            answer = answer_to(required)
        else:
            return
        raise answer

    def _sign_in(self, *, proved: bool, again: bool = False) -> None:
        super()._sign_in(proved=proved, again=again)
        if proved and FRESH_KEY not in self._watched:
            self._live.pop(FRESH_KEY, None)

    def _fetch(self, wires: dict[Any, Wire], keys: Iterable[Any]) -> None:
        try:
            super()._fetch(wires, keys)
        except Unavailable:
            self._tell_visitor()

    def _shed(self) -> tuple[str, ...]:
        dropped = super()._shed()
        for name in dropped:
            # Flask-WTF keeps there what it has made of a token for this response.
            g.pop(name, None)
        return dropped

    def destroy(self, *, revoke: bool | None = None) -> None:
        """As the core's session does it; a 503 where the revocation list does not answer."""
        try:
            super().destroy(revoke=revoke)
        except Unavailable:
            self._tell_visitor()

    def revoke_others(self) -> None:
        """As the core's session does it; a 503 where the revocation list does not answer."""
        try:
            super().revoke_others()
        except Unavailable:
            self._tell_visitor()

    def _tell_visitor(self) -> None:
        if not (self._committed or FAILED in self._environ):
            raise service_unavailable() from None
