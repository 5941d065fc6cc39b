"""A snapshot on a web server."""

from __future__ import annotations

import functools
import socket
import ssl
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    ProxyHandler,
    Request,
    build_opener,
)

from cookie_sessions.revocation.snapshot.fault import Fault, SnapshotRefused
from cookie_sessions.revocation.snapshot.source import Fetched, copy, is_fit
from cookie_sessions.revocation.snapshot.token import MAX_OCTETS

TOKEN_SECONDS: Final = 5.0
"""How long the fetching of a token may take, from the first look-up to the last octet."""

TABLE_SECONDS: Final = 30.0
"""How long the fetching of a table may take."""

_SILENCE: Final = 2.0
_MOST_LATE: Final = 3
_LONGEST_VERSION: Final = 512
_OK: Final = 200
_UNCHANGED: Final = 304


class SnapshotSite:
    """A snapshot on a web server. Certificates are verified, and redirects lead over TLS only.

    Nobody waits longer than ``TOKEN_SECONDS`` or ``TABLE_SECONDS``, whatever the server does: the
    time-outs of sockets count from octet to octet, so each fetch has a thread of its own, which is
    left alone when its time is over and finds its connection closed.

    Args:
        url: the token's, one for which :func:`is_fit` holds. The table is beside it, and a query
            goes with both.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        # A query may be a password.
        self.name = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._late: tuple[_Fetch, ...] = ()

    def __repr__(self) -> str:
        return f"<SnapshotSite {self.name}>"

    def token(self, version: str) -> Fetched:
        """As :meth:`Source.token`; asks with If-None-Match (RFC 9110, section 13.1.2)."""
        octets = bytearray()
        fetch = _Fetch(self._url, version, octets.extend, most=MAX_OCTETS)
        self._run(fetch, TOKEN_SECONDS)
        return Fetched(None if fetch.unchanged else bytes(octets), fetch.version)

    def table(self, file: str, into: IO[bytes], *, most: int) -> None:
        """As :meth:`Source.table`."""
        parts = urlsplit(self._url)
        folder = parts.path.rpartition("/")[0]
        url = parts._replace(path=f"{folder}/{file}").geturl()
        self._run(_Fetch(url, "", into.write, most=most), TABLE_SECONDS)

    def _run(self, fetch: _Fetch, seconds: float) -> None:
        self._late = tuple(late for late in self._late if late.is_alive())
        if len(self._late) >= _MOST_LATE:
            raise SnapshotRefused(Fault.UNREACHABLE)
        try:
            fetch.start()
        except RuntimeError:
            # No thread can be had: then the time-out between two octets has to do.
            fetch.run()
        else:
            fetch.join(seconds)
        if fetch.is_alive():
            self._late = (*self._late, fetch)
            fetch.give_up()
            raise SnapshotRefused(Fault.UNREACHABLE)
        if fetch.fault is not None:
            raise SnapshotRefused(fetch.fault)


class _Fetch(threading.Thread):
    """One request.

    Attributes:
        fault: why it failed; None: it did not.
        unchanged: whether the server says that its file is still the one of the version.
        version: what the server calls the file that it gave.
    """

    def __init__(
        self, url: str, version: str, write: Callable[[bytes], object], *, most: int
    ) -> None:
        super().__init__(name="cookie_sessions snapshot fetch", daemon=True)
        self._url = url
        self._write = write
        self._most = most
        self._given_up = False
        self._socket: socket.socket | None = None
        self.fault: Fault | None = None
        self.unchanged = False
        self.version = version

    def run(self) -> None:
        try:
            with self._response() as response:
                if not self.unchanged:
                    self._receive(response)
        except SnapshotRefused as refused:
            self.fault = refused.fault
        except (OSError, HTTPException, ValueError):
            # ValueError: a URL or header that can't be sent, or whoever waited has closed the file.
            self.fault = Fault.UNREACHABLE

    def give_up(self) -> None:
        """Have it end soon: nobody waits any more."""
        self._given_up = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                # It is closed already.
                pass

    def _response(self) -> HTTPResponse | HTTPError:
        headers = {"Accept-Encoding": "identity", "User-Agent": "cookie-sessions"}
        if self.version:
            headers["If-None-Match"] = self.version
        request = Request(self._url, headers=headers)  # noqa: S310 - is_fit looked at the scheme.
        opener = build_opener(_Redirects(), _Plain(self._watched), _Secure(self._watched))
        if request.type == "http":
            # It is this machine's own server, which a proxy elsewhere could not reach.
            opener = build_opener(ProxyHandler({}), _Redirects(), _Plain(self._watched))
        try:
            response: HTTPResponse = opener.open(request, timeout=_SILENCE)
        except HTTPError as error:
            if error.code == _UNCHANGED and self.version:
                self.unchanged = True
                return error
            error.close()
            raise SnapshotRefused(Fault.UNREACHABLE) from None
        return response

    def _receive(self, response: HTTPResponse | HTTPError) -> None:
        if response.status != _OK:
            raise SnapshotRefused(Fault.UNREACHABLE)
        told = response.headers.get("Content-Length", "")
        if told.isdecimal() and len(told) < _LONGEST_VERSION and int(told) > self._most:
            raise SnapshotRefused(Fault.TOO_LARGE)
        version = response.headers.get("ETag", "")
        self.version = version if len(version) <= _LONGEST_VERSION else ""

        def read(octets: int) -> bytes:
            if self._given_up:
                raise TimeoutError
            return response.read1(octets)

        copy(read, self._write, most=self._most)

    def _watched(self, connection: HTTPConnection) -> HTTPConnection:
        connect = connection.connect

        def connected() -> None:
            connect()
            self._socket = connection.sock
            if self._given_up:
                raise TimeoutError

        connection.connect = connected  # type: ignore[method-assign]
        return connection


class _Redirects(HTTPRedirectHandler):
    """Follows redirects over TLS, and no others."""

    max_redirections = 3

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """The request that follows; None: the redirect counts as an error."""
        # Even where the first address is this machine's, a server must not choose another on it.
        if not newurl.startswith("https://") or not is_fit(newurl):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_Watch = Callable[[HTTPConnection], HTTPConnection]


class _Plain(HTTPHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, req: Request) -> HTTPResponse:
        """Open a connection that is watched."""

        def connection(host: str, **options: Any) -> HTTPConnection:
            return self._watch(HTTPConnection(host, **options))

        return self.do_open(connection, req)


class _Secure(HTTPSHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__(context=_tls())
        self._watch = watch

    def https_open(self, req: Request) -> HTTPResponse:
        """Open a connection that is watched."""

        def connection(host: str, **options: Any) -> HTTPConnection:
            return self._watch(HTTPSConnection(host, context=_tls(), **options))

        return self.do_open(connection, req)


@functools.cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates of a system takes longer than a fetch.
    return ssl.create_default_context()
