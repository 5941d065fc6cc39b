"""A session that came in the Authorization header, and the response header that takes it back.

It is sealed for a purpose of its own, so neither a cookie opens here nor what stands here in a
cookie. Whatever cookies come beside it are not looked at, and none is set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cookie_sessions.arrival import MAX_OPENS, Arrival
from cookie_sessions.authorization import token_in
from cookie_sessions.content import Content
from cookie_sessions.cookies import token_excess
from cookie_sessions.departure import Departure, Written
from cookie_sessions.envelope import MAX_TEXT_OCTETS
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.sealer import Place

if TYPE_CHECKING:
    from cookie_sessions.client import Client
    from cookie_sessions.manager import SessionManager

PURPOSE: Final = "session-header"


class TokenDeparture(Departure):
    """What one response does to the session that a client keeps: replace it, or have it dropped.

    Its lines are values of the Session-Token header: the sealed text, or nothing for a session that
    has ended.
    """

    __slots__ = ()

    def write(self, text: str, *, expires: int | None) -> Written:
        """Give a session's text back.

        Args:
            text: the sealed text.
            expires: of no use here: the text has its end sealed in.
        """
        broken = token_excess(
            self._profile,
            octets=len(text),
            longest=MAX_TEXT_OCTETS,
            surroundings=self._surroundings,
        )
        return Written([text], len(text), broken)

    def delete(self) -> Written:
        """Have the client drop the session."""
        return Written([""])


class TokenArrival(Arrival):
    """The one session in a request's Authorization header, opened at its first use.

    Args:
        manager: whose settings and keys apply.
        header: the sealed text; empty where the client has no session yet.
        name: the name of our cookie.
        client: gives the client that sent it, or None.
    """

    by_header = True

    @property
    def departure(self) -> type[Departure]:
        """The way by which a response answers."""
        return TokenDeparture

    def place(self, name: str) -> Place:
        """Where the value belongs: in a header, and in the session of this name."""
        return self._manager.place(name)._replace(purpose=PURPOSE)

    def chunks(self, name: str) -> list[str]:
        """None: a header is not split."""
        return []

    def _find(self, name: str) -> tuple[str, ...]:
        return (self.header,)

    def _open_under(self, name: str) -> Content | None:
        """Open the text, which does not say whether it was sealed under a former name."""
        self.reasons = frozenset()
        for each in (name, *self._former_names())[:MAX_OPENS]:
            try:
                place = self.place(each)
                content = self._manager.open_text(self.header, name=each, place=place)
                content = self._check_client(content)
            except Rejected as rejected:
                self.reasons = frozenset({rejected.reason})
                self._recent = rejected.recent
                if rejected.reason is Reason.BAD_SEAL:
                    continue
                return None
            self.reasons = frozenset()
            self.moved_from = None if each == name else each
            return content
        return None


def arrival_of(
    manager: SessionManager,
    authorization: str,
    *,
    name: str,
    client: Callable[[], Client] | None = None,
) -> TokenArrival | None:
    """Note what a request brought in its Authorization header, without looking into it.

    Args:
        manager: whose settings and keys apply.
        authorization: the header, each octet one character; empty where there is none.
        name: the name of our cookie, which keeps sessions of several names apart here too.
        client: gives the client that sent it, or None.

    Returns:
        What stands in for the request's cookies; None where the header is of another scheme.
    """
    text = token_in(authorization)
    return None if text is None else TokenArrival(manager, text, name, client)
