"""A connection that is kept open, and only as much of HTTP as the farm's application speaks."""

from __future__ import annotations

import socket
from typing import NamedTuple

from tests.gunicorn_server import HOST, PATIENCE

REQUESTS_EACH = 100
"""How many requests a connection serves before another is opened, which another worker may take."""


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: of HTTP.
        cookies: the Set-Cookie lines.
        worker: the process that answered; empty where it did not say.
        body: the rest.
    """

    status: int
    cookies: list[str]
    worker: str
    body: bytes


class Connection:
    """Sends requests one after the other, and again where a connection breaks unanswered.

    A session's state is in its cookie, which changes only with a whole response, so a request that
    was not answered can be sent again.

    Args:
        port: where the application is.

    Attributes:
        retries: how many requests were sent again.
    """

    def __init__(self, port: int) -> None:
        self.retries = 0
        self._port = port
        self._socket: socket.socket | None = None
        self._left = 0

    def send(self, method: str, path: str, *, cookie: str | None) -> Answer:
        """Send a request until it is answered.

        Args:
            method: of HTTP.
            path: the page.
            cookie: the value of the session's cookie, or None.

        Raises:
            ConnectionError: nobody answers.
        """
        line = f"Cookie: session={cookie}\r\n" if cookie else ""
        request = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{line}\r\n".encode()
        for _ in range(100):
            try:
                return self._exchange(request)
            except ConnectionError:
                self.retries += 1
                self.close()
        raise ConnectionError("No worker has answered.")

    def close(self) -> None:
        """Close what is open; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port), timeout=PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._left = REQUESTS_EACH
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._received(self._socket)
        first, *lines = received[:end].decode("latin-1").split("\r\n")
        fields = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in fields}
        body = received[end + 4 :]
        while len(body) < int(headers["content-length"]):
            body += self._received(self._socket)
        self._left -= 1
        if self._left == 0 or headers.get("connection") == "close":
            self.close()
        cookies = [value for name, value in fields if name.lower() == "set-cookie"]
        return Answer(int(first.split()[1]), cookies, headers.get("x-worker", ""), body)

    @staticmethod
    def _received(opened: socket.socket) -> bytes:
        octets = opened.recv(65_536)
        if not octets:
            raise ConnectionError("The connection was closed before the answer was whole.")
        return octets
