"""The local front: a real HTTP server that asks the function by events, as a gateway does."""

from __future__ import annotations

import contextlib
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

from serverless.exchange import Answer, Request, refusal
from serverless.gateway import Gateway
from serverless.sandbox import Sandbox

HOST = "127.0.0.1"
LINGER = 5.0
"""Seconds for which a client may go on sending a body that was refused."""


class Front(ThreadingHTTPServer):
    """Takes requests on a port of this machine, and answers with what the function says.

    Args:
        gateway: what kind of gateway it is.
        sandbox: where the function is.
        port: 0 for a free one.
    """

    daemon_threads = True

    def __init__(self, gateway: Gateway, sandbox: Sandbox, *, port: int = 0) -> None:
        super().__init__((HOST, port), _Connection)
        self._gateway = gateway
        self._sandbox = sandbox

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://{HOST}:{self.server_port}/"

    def answer(self, asked: Request) -> Answer:
        """What the client gets."""
        return self._gateway.ask(asked, self._sandbox.invoke)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            self._send(refusal(411, "This front needs the length of the body."))
            self._linger()
            return
        front = cast(Front, self.server)
        target = urlsplit(self.path)
        asked = Request(
            method=self.command,
            path=target.path or "/",
            query=target.query,
            protocol=self.request_version,
            headers=[(name, value.strip(" \t")) for name, value in self.headers.items()],
            body=self.rfile.read(int(length)),
            address=self.client_address[0],
            port=front.server_port,
        )
        self._send(front.answer(asked))

    do_GET = do_HEAD = do_POST = _pass_on  # noqa: N815
    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _linger(self) -> None:
        """Read what still comes before the connection is closed.

        A socket that is closed with something unread in it resets the connection, and the client
        may then lose the answer (RFC 9112, section 9.6).
        """
        ends = time.monotonic() + LINGER
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while (left := ends - time.monotonic()) > 0:
                self.connection.settimeout(left)
                if not self.connection.recv(65_536):
                    return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write nothing for each request."""
