"""A small HTTP server that answers as it is told, or does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self


class Answer(NamedTuple):
    """What the server does with one request.

    Attributes:
        status: the HTTP status.
        body: the body.
        drips: whether it goes on for ever, one octet at a time.
        silent: whether nothing is answered at all.
        kind: the content type.
        location: where a redirection leads.
    """

    status: int
    body: bytes
    drips: bool = False
    silent: bool = False
    kind: str = "application/json"
    location: str = ""


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Server:
    """Serves on a free port of this machine while the ``with`` block lasts."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self._answer = answer
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer, ended = self._answer, self._ended

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                given = answer(
                    Request(self.command, self.path, dict(self.headers), self.rfile.read(length))
                )
                if given.silent:
                    ended.wait(30)
                    return
                self.send_response(given.status)
                self.send_header("Content-Type", given.kind)
                if given.location:
                    self.send_header("Location", given.location)
                if not given.drips:
                    self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body)
                while given.drips and not ended.wait(0.05):
                    self.wfile.write(b" ")

            do_POST = do_PUT = do_GET  # noqa: N815

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    # The client has given up.
                    pass

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                pass

        return Handler
