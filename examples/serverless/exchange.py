"""One HTTP request as a front receives it, and one answer as it sends it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

Event = dict[str, Any]
Headers = list[tuple[str, str]]

TEXT: Final = ("text/", "application/json", "application/javascript", "application/xml")
"""Content types whose bodies reach a function as text; all others are base64."""


class Request(NamedTuple):
    """What arrived.

    Attributes:
        method: such as "GET".
        path: as it was sent, percent-encoded.
        query: what stands behind the question mark, as it was sent.
        protocol: such as "HTTP/1.1".
        headers: names as they were sent, in their order.
        body: its octets.
        address: the client's.
        port: of the front.
    """

    method: str
    path: str
    query: str
    protocol: str
    headers: Headers
    body: bytes
    address: str
    port: int

    def all_of(self, name: str) -> list[str]:
        """The values of each header of this name, in whatever case."""
        return [value for given, value in self.headers if given.lower() == name]

    def first(self, name: str) -> str:
        """The value of the first header of this name, or an empty text."""
        return next(iter(self.all_of(name)), "")

    @property
    def is_text(self) -> bool:
        """Whether the body is of a type that is passed on as it is."""
        plain = self.first("content-type").lower().startswith(TEXT)
        return plain and not self.all_of("content-encoding")

    @property
    def octets(self) -> int:
        """The request's line and all headers, as they were sent."""
        line = len(f"{self.method} {self.path}?{self.query} {self.protocol}\r\n")
        return line + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def pairs(self, *, decoded: bool) -> list[tuple[str, str]]:
        """The query's names and values.

        Args:
            decoded: whether what is percent-encoded is decoded.
        """
        parts = [part.partition("=") for part in self.query.split("&") if part]
        if decoded:
            return [(unquote_plus(name), unquote_plus(value)) for name, _, value in parts]
        return [(name, value) for name, _, value in parts]

    def forwarded(self) -> Request:
        """The same with the headers that gateways add: who asked, over what, and where."""
        chain = ", ".join([*self.all_of("x-forwarded-for"), self.address])
        added = {
            "X-Forwarded-For": chain,
            "X-Forwarded-Port": str(self.port),
            "X-Forwarded-Proto": "http",
        }
        names = {name.lower() for name in added} | {"connection", "keep-alive"}
        kept = [(name, value) for name, value in self.headers if name.lower() not in names]
        return self._replace(headers=[*kept, *added.items()])


class Answer(NamedTuple):
    """What is sent back.

    Attributes:
        status: its number.
        headers: in their order; a name may come more than once.
        body: its octets.
    """

    status: int
    headers: Headers
    body: bytes

    @property
    def octets(self) -> int:
        """All headers, as they are sent."""
        return sum(len(name) + len(value) + 4 for name, value in self.headers)


class BadAnswerError(Exception):
    """What the function returned is none of the forms that the gateway takes."""


def refusal(status: int, message: str) -> Answer:
    """An answer of the front itself."""
    return Answer(status, [("Content-Type", "text/plain")], message.encode())
