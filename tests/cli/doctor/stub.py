"""A server of the tests' own, which answers as it is told and remembers what it was sent."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from cookie_sessions import clock
from cookie_sessions.probe import Endpoint, new_token


class Request(NamedTuple):
    """What arrived."""

    path: str
    headers: list[tuple[str, str]]


class Response(NamedTuple):
    """What goes back; a status of 0 closes the connection."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


Answering = Callable[[Request], Response]


class Stub(NamedTuple):
    """A running server."""

    url: str
    requests: list[Request]


@contextlib.contextmanager
def serving(answer: Answering, *, context: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """Answer on a free port of this machine until the end of the block."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            request = Request(self.path, list(self.headers.items()))
            requests.append(request)
            response = answer(request)
            if response.status:
                self.send_response_only(response.status)
                for name, value in response.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(response.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            # A client that trusts no certificate goes away in the middle; nobody need read of it.
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        scheme = "http" if context is None else "https"
        yield Stub(f"{scheme}://localhost:{server.server_address[1]}/", requests)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def probe(
    *, join: str = "; ", change: Callable[[Request, Response], Response] | None = None
) -> tuple[str, Answering]:
    """A token, and the real probe behind a server that joins Cookie lines in this way.

    Args:
        join: what is put between two lines.
        change: what the server makes of an answer.
    """
    token, grant = new_token(now=clock.now())
    endpoint = Endpoint(grant, None)

    def answer(request: Request) -> Response:
        lines = [value for name, value in request.headers if name == "Cookie"]
        headers = {name: value for name, value in request.headers if name != "Cookie"}
        reply = endpoint.answer(
            token=headers.get("Cookie-Sessions-Probe", ""),
            run=headers.get("Cookie-Sessions-Probe-Run", ""),
            query=request.path.partition("?")[2],
            cookie=join.join(lines),
            now=clock.now(),
        )
        response = Response(404) if reply is None else Response(200, reply.headers, reply.body)
        return response if change is None else change(request, response)

    return token, answer


def cookie_octets(request: Request) -> int:
    """Octets of all values of Cookie lines."""
    return sum(len(value) for name, value in request.headers if name == "Cookie")
