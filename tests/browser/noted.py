"""What an application was asked, request by request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask

from .engine import PATIENCE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Seen(NamedTuple):
    """One request as it came, and how it was answered.

    Attributes:
        by: what the attack calls itself.
        fetch_site: the header Sec-Fetch-Site, empty where there is none.
        cookies: the header Cookie, each octet one character.
        status: of the answer.
    """

    by: str
    method: str
    path: str
    fetch_site: str
    cookies: str
    status: int

    @property
    def cookie_pairs(self) -> list[str]:
        """What the header Cookie consists of, as the browser wrote it in UTF-8."""
        return self.cookies.encode("latin-1").decode().split("; ")


class Notes:
    """Notes each request to an application, from now on.

    Args:
        app: the application, whose WSGI callable is wrapped.
    """

    def __init__(self, app: Flask) -> None:
        self.seen: list[Seen] = []
        self._wsgi = app.wsgi_app
        app.wsgi_app = self._noting  # type: ignore[method-assign]

    def last(self, path: str) -> Seen:
        """The latest request for a path; browsers ask for an icon whenever they like."""
        return [one for one in self.seen if one.path == path][-1]

    def wait_for(self, by: str, count: int) -> None:
        """Wait for requests that a page sends without waiting for them itself."""
        deadline = time.monotonic() + PATIENCE
        while sum(one.by == by for one in self.seen) < count and time.monotonic() < deadline:
            time.sleep(0.01)

    def _noting(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status: list[int] = []

        def start(line: str, *rest: Any) -> Callable[[bytes], object]:
            status.append(int(line[:3]))
            return start_response(line, *rest)

        body = self._wsgi(environ, start)
        self.seen.append(
            Seen(
                by=environ["QUERY_STRING"].removeprefix("by="),
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"],
                fetch_site=environ.get("HTTP_SEC_FETCH_SITE", ""),
                cookies=environ.get("HTTP_COOKIE", ""),
                status=status[0],
            )
        )
        return body
