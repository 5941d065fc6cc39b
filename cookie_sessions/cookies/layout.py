"""How many cookies a text of some length takes, and what each weighs: counted, nothing rendered."""

from __future__ import annotations

from typing import Final, NamedTuple

from cookie_sessions.cookies.attributes import LIMIT, CookieAttributes
from cookie_sessions.cookies.split import capacity, chunk_names, split

_PAIR: Final = len("; ")
_SET_COOKIE: Final = len("Set-Cookie: \r\n")


class OneCookie(NamedTuple):
    """One of the cookies that a session is split over.

    Attributes:
        name: its name.
        octets: the whole cookie with its attributes, Expires included, to compare with ``LIMIT``.
    """

    name: str
    octets: int


class Layout(NamedTuple):
    """A text laid into cookies.

    Attributes:
        cookies: the cookies, in their order; a single one where the text fits none.
        fits: whether a session may take as many.
        names: octets of their names with the equals signs.
        values: octets of their values.
    """

    cookies: tuple[OneCookie, ...]
    fits: bool
    names: int
    values: int

    @classmethod
    def of(cls, text: int, cookie: CookieAttributes) -> Layout:
        """Lay a text out.

        Args:
            text: its octets.
            cookie: the name and attributes of the first cookie.
        """
        room = LIMIT - cookie.octets("")
        fits = text <= capacity(room)
        values = [len(value) for value in split("A" * text, room=room)] if fits else [text]
        names = (cookie.name, *chunk_names(cookie.name))[: len(values)]
        cookies = [
            OneCookie(name, cookie.named(name).octets("") + value)
            for name, value in zip(names, values, strict=True)
        ]
        return cls(tuple(cookies), fits, sum(len(name) + 1 for name in names), sum(values))

    @property
    def octets(self) -> int:
        """All cookies with their attributes."""
        return sum(each.octets for each in self.cookies)

    @property
    def in_request(self) -> int:
        """What they take of a Cookie header, a separator behind each."""
        return self.names + self.values + len(self.cookies) * _PAIR

    @property
    def in_response(self) -> int:
        """What the headers take that set them."""
        return self.octets + len(self.cookies) * _SET_COOKIE
