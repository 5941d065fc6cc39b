"""A small HTTPS server that sets the cookies it is told to and keeps each Cookie header as sent."""

from __future__ import annotations

import socket
import socketserver
import ssl
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST: Final = "www.shop.localhost"
"""Browsers take every name under localhost to be this machine, without asking a name server."""

PARENT: Final = "shop.localhost"
"""What a page of the host may name as a cookie's Domain."""

_PAGE: Final = b'<!doctype html><title>Cookies</title><link rel="icon" href="data:,">'


class EchoServer:
    """The server, on a free port of 127.0.0.1, with a certificate of its own making.

    Attributes:
        lines: the values of the Set-Cookie headers of an answer, by the request's target.
        received: the Cookie header's octets of each request, by its target; b"" if there was none.
    """

    def __init__(self) -> None:
        self.lines: dict[str, Sequence[bytes]] = {}
        self.received: dict[str, bytes] = {}
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.disconnect()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address of its page, without a slash at the end."""
        return f"https://{HOST}:{self._server.server_address[1]}"


class _Server(socketserver.ThreadingTCPServer):
    request_queue_size = 64

    def __init__(self, echo: EchoServer) -> None:
        self.echo = echo
        self._context = _context()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Connection)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        plain, address = super().get_request()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wrapped = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self._open.add(wrapped)
        return wrapped, address

    def disconnect(self) -> None:
        """End the connections that a browser keeps open, so that no thread waits on one."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def shutdown_request(self, request: object) -> None:
        assert isinstance(request, socket.socket)
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser may leave whenever it likes; its answer to a wrong test is a wrong result."""


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        echo = self.server.echo
        while head := self.rfile.readline():
            target = head.split(b" ")[1].decode("ascii")
            cookies = []
            while (line := self.rfile.readline()) not in {b"\r\n", b""}:
                field, _, value = line.partition(b":")
                if field.lower() == b"cookie":
                    cookies.append(value.removesuffix(b"\r\n").removeprefix(b" "))
            assert len(cookies) <= 1
            echo.received[target] = b"".join(cookies)
            answer = [b"HTTP/1.1 200 OK", b"Cache-Control: no-store", b"Content-Type: text/html"]
            answer += [b"Set-Cookie: " + value for value in echo.lines.get(target, ())]
            answer += [b"Content-Length: %d" % len(_PAGE), b"", _PAGE]
            self.wfile.write(b"\r\n".join(answer))


def _context() -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder) / "both.pem"
        both.write_bytes(
            certificate.public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        context.load_cert_chain(both)
    return context
