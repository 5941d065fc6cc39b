"""Writes a session of a chosen size, and comes back with the cookies that it was given."""

from __future__ import annotations

from typing import Final

from tests.deployments.application import CROWDED
from tests.deployments.client import Answer, Headers, get
from tests.deployments.limits import OK, greatest

PLAIN: Final = ""
STORED: Final = "/stored"
"""Where the application is: without an overflow store, and with one."""

_ABOVE_ALL: Final = 1 << 15
"""Octets that no session has room for: it is 8 cookies of 4096 at most."""


class Visitor:
    """A browser without a memory.

    Args:
        port: of the outermost server.
        headers: that it sends beside Host, Connection and Cookie.
        others: the cookies that other applications have left, as they stand in the header.
        own: octets of headers that the application gives its page beside the session.
        site: which copy of the application it goes to.
    """

    def __init__(
        self,
        port: int,
        headers: Headers,
        *,
        others: str = "",
        own: int = 0,
        site: str = PLAIN,
    ) -> None:
        self._port = port
        self._headers = headers
        self._others = others
        self._own = own
        self._site = site

    def write(self, octets: int) -> Answer:
        """Ask for a session with a new random value of so many octets."""
        return self._get(f"/new?octets={octets}&own={self._own}")

    def come_back(self, answer: Answer, *, query: str = "") -> Answer:
        """Ask what the session holds, with the cookies of that answer."""
        return self._get(f"/kept?{query}", *answer.cookies)

    def largest(self) -> int:
        """The octets of the largest value that is admitted, without a warning."""
        return greatest(lambda octets: admitted(self.write(octets)), low=0, high=_ABOVE_ALL)

    def _get(self, target: str, *cookies: str) -> Answer:
        line = "; ".join([*([self._others] if self._others else []), *cookies])
        return get(self._port, self._site + target, self._headers, *([line] if line else []))


def admitted(answer: Answer) -> bool:
    """Whether a session was written, and has room beside the cookies of others."""
    return answer.status == OK and not is_crowded(answer)


def is_crowded(answer: Answer) -> bool:
    """Whether the application was told that others leave the session too little room."""
    return (CROWDED.lower(), "yes") in answer.headers
