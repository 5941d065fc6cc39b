"""An HTTP client with a cookie jar, behind the part of a proxy that picks an instance."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Sequence
from http.cookiejar import Cookie, CookieJar
from typing import Any, NamedTuple
from urllib.request import Request

from tests.gunicorn_server import HOST

ROUNDS = 20
"""How often each instance is tried before the site counts as down."""


class Answer(NamedTuple):
    """What came back.

    Attributes:
        state: what the session holds, as the application sees it; empty for untouched pages.
        step: the step of the instance that answered.
        sent: the form of the cookie that went there: "signed", "sealed", or None.
        written: the form of the cookie that came back, or None.
    """

    state: dict[str, Any]
    step: int
    sent: str | None
    written: str | None


class Client:
    """Takes the instances in turn, and another one where a connection breaks unanswered.

    A session's state is in its cookie, which changes only with a whole response, so a request that
    was not answered can be sent again.

    Args:
        ports: gives the ports of the instances.
        turn: with which instance to begin.

    Attributes:
        retries: how many requests were sent again.
    """

    def __init__(self, ports: Callable[[], Sequence[int]], *, turn: int) -> None:
        self.retries = 0
        self._ports = ports
        self._turn = turn
        self._jar = CookieJar()

    @property
    def cookie(self) -> Cookie | None:
        """The session's cookie; AssertionError if there is another one beside it."""
        cookies = list(self._jar)
        assert [cookie.name for cookie in cookies] in ([], ["session"])
        return cookies[0] if cookies else None

    def send(self, method: str, path: str) -> Answer:
        """Send a request until it is answered; ConnectionError if all instances are down."""
        for _ in range(ROUNDS * len(self._ports())):
            ports = self._ports()
            self._turn += 1
            try:
                return self._exchange(ports[self._turn % len(ports)], method, path)
            except (ConnectionError, http.client.IncompleteRead):
                self.retries += 1
        raise ConnectionError("No instance has answered.")

    def _exchange(self, port: int, method: str, path: str) -> Answer:
        request = Request(f"http://{HOST}:{port}{path}", method=method)
        self._jar.add_cookie_header(request)
        sent = _form(self.cookie)
        connection = http.client.HTTPConnection(HOST, port, timeout=30)
        try:
            connection.request(method, path, headers=dict(request.header_items()))
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        assert response.status == http.HTTPStatus.OK, response.status
        self._jar.extract_cookies(response, request)
        written = _form(self.cookie) if response.headers["Set-Cookie"] else None
        return Answer(json.loads(body), int(response.headers["X-Step"]), sent, written)


def _form(cookie: Cookie | None) -> str | None:
    if cookie is None or cookie.value is None:
        return None
    return "signed" if "." in cookie.value else "sealed"
