"""Requests and answers octet by octet: nothing is added, joined, or left out."""

from __future__ import annotations

import socket
from typing import Final, NamedTuple

HOST: Final = "127.0.0.1"
PATIENCE: Final = 30.0
"""Seconds until a server that does not answer is given up."""

Headers = list[tuple[str, str]]

_USER_AGENT: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)

BROWSER: Final[Headers] = [
    ("Sec-CH-UA", '"Chromium";v="140", "Not=A?Brand";v="24"'),
    ("Sec-CH-UA-Mobile", "?0"),
    ("Sec-CH-UA-Platform", '"Linux"'),
    ("Upgrade-Insecure-Requests", "1"),
    ("User-Agent", _USER_AGENT),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-User", "?1"),
    ("Sec-Fetch-Dest", "document"),
    ("Referer", f"http://{HOST}/catalogue/lamps?page=2"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "de-DE,de;q=0.9,en;q=0.8"),
]
"""What a browser sends beside Host, Connection and Cookie: about 600 octets."""


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: its number; 0 where the connection was closed without an answer.
        headers: in their order, names in lower case.
        body: the rest.
    """

    status: int
    headers: Headers
    body: str

    @property
    def set_cookies(self) -> list[str]:
        """The values of its Set-Cookie headers."""
        return [value for name, value in self.headers if name == "set-cookie"]

    @property
    def cookies(self) -> list[str]:
        """The cookies as a browser sends them back, each with its name."""
        pairs = [line.partition(";")[0] for line in self.set_cookies if "Max-Age=0" not in line]
        return [pair for pair in pairs if not pair.endswith("=")]


def get(port: int, target: str, headers: Headers, *cookie_lines: str) -> Answer:
    """The answer to one GET request, on a connection of its own.

    Args:
        port: of the server, on this machine.
        target: path and query.
        headers: beside Host, Connection and Cookie.
        cookie_lines: the values of its Cookie headers.
    """
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {HOST}:{port}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers),
        *(f"Cookie: {line}" for line in cookie_lines),
    ]
    return _read(_exchange(port, "\r\n".join([*lines, "", ""]).encode("ascii")))


def _exchange(port: int, octets: bytes) -> bytes:
    answer = bytearray()
    with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(octets)
        except ConnectionError:
            # It refuses before it has read all, and its answer may stand there already.
            pass
        try:
            while part := connection.recv(1 << 16):
                answer += part
        except ConnectionError:
            pass
    return bytes(answer)


def _read(octets: bytes) -> Answer:
    head, _, body = octets.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/"):
        return Answer(0, [], "")
    headers: Headers = []
    for line in lines:
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip(" ")))
    if ("transfer-encoding", "chunked") in headers:
        body = _unchunked(body)
    return Answer(int(rest[:3]), headers, body.decode("latin-1"))


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        whole, body = whole + rest[:length], rest[length + 2 :] if length else b""
    return whole
