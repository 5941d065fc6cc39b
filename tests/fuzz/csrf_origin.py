"""Where a request comes from: the verdict on three headers, against the table of the page.

The input is three lines: Sec-Fetch-Site, Origin, and the origin that was asked for. A line of one
NUL is a header that is not there.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Final

from cookie_sessions.csrf import MAX_ORIGIN_CHARACTERS, origin_verdict, parse_origin
from cookie_sessions.errors import CsrfReason

_OWN: Final = "https://shop.example"
_TRUSTED_TEXT: Final = "https://admin.example:8443"
_TRUSTED: Final = parse_origin(_TRUSTED_TEXT)
_SCHEME: Final = frozenset(string.ascii_lowercase + string.digits + "+.-")
_NAME: Final = frozenset(string.ascii_lowercase + string.digits + "._-")
_ADDRESS: Final = frozenset(string.hexdigits + ":.")

WORDS: Final = (
    *(b"same-origin", b"same-site", b"cross-site", b"none", b"null", b"\0", b"\n", b"://"),
    *(b"http", b"https", b":443", b":80", b":0", b":65535", b":65536", b"[::1]", b"[", b"]", b"."),
    *(b"@", b"/", b"?", b"#", b"\\", b", ", b"*", b"%25", b"\xc5\xbf", _OWN.encode()),
    _TRUSTED_TEXT.encode(),
)

assert _TRUSTED is not None


def check(data: bytes) -> None:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    site, origin, own = (lines + ["\0"] * 3)[:3]
    here = _OWN if own == "\0" else own
    assert _TRUSTED is not None
    verdict = origin_verdict(
        fetch_site=None if site == "\0" else site,
        origin=None if origin == "\0" else origin,
        own=here,
        trusted=(_TRUSTED,),
    )
    expected = _verdict(site, origin, here)
    assert verdict is expected, f"{verdict} instead of {expected}"
    read = parse_origin(origin)
    if read is not None:
        port = "" if read.port is None else f":{read.port}"
        again = f"{read.scheme}://{read.host}{port}"
        # With its port written out it may be longer than what is read.
        if len(again) <= MAX_ORIGIN_CHARACTERS:
            assert parse_origin(again) == read, "read differently"


def seeds() -> Iterator[bytes]:
    sites = (b"same-origin", b"none", b"same-site", b"cross-site", b"", b"\0")
    origins = (b"\0", b"null", b"", _OWN.encode(), _TRUSTED_TEXT.encode(), b"http://[::1]:80")
    for site in sites:
        for origin in origins:
            yield site + b"\n" + origin
    for text in (b"https://shop.example:443", b"HTTPS://SHOP.example", b"https://shop.example/"):
        yield b"\0\n" + text
    for text in (b"http://[0:0::1]", b"http://[::g]", b"http://[1.2.3.4]", b"http://[::1.2.3.4]"):
        yield b"\0\n" + text + b"\n" + text
    for text in (b"https://u@shop.example", b"https://a.example, https://b.example", b"x://y"):
        yield b"\0\n" + text + b"\nhttps://a.example"
    for port in (b"0", b"00", b"65535", b"65536", b"-1", b"+1", b" 1", b"1_0", b"\xd9\xa1"):
        yield b"\0\nhttp://a:" + port + b"\nhttp://a:" + port
    yield b"\0\nhttps://" + b"a" * MAX_ORIGIN_CHARACTERS


def _verdict(site: str, origin: str, own: str) -> CsrfReason | None:
    """The rows of the table, one after another."""
    sender = _plainest(origin)
    if site in ("same-origin", "none") or sender == _plainest(_TRUSTED_TEXT):
        return None
    if site != "\0":
        return CsrfReason.CROSS_SITE
    if origin == "\0" or (sender is not None and sender == _plainest(own)):
        return None
    if origin == "null":
        return CsrfReason.NULL_ORIGIN
    return CsrfReason.MALFORMED_ORIGIN if sender is None else CsrfReason.CROSS_ORIGIN


def _plainest(text: str) -> object:
    """Scheme, host and port, by splitting alone; None for anything else."""
    import ipaddress

    scheme, found, rest = text.partition("://")
    scheme, rest = scheme.lower() if scheme.isascii() else "", rest if rest.isascii() else ""
    if not found or len(text) > MAX_ORIGIN_CHARACTERS:
        return None
    if not scheme or not _SCHEME.issuperset(scheme) or not scheme[0].isalpha():
        return None
    if rest.startswith("["):
        inside, found, rest = rest[1:].partition("]")
        if not found or not _ADDRESS.issuperset(inside):
            return None
        try:
            host: object = ipaddress.IPv6Address(inside)
        except ValueError:
            return None
    else:
        host, colon, rest = rest.lower().partition(":")
        rest = colon + rest
        if not host or not _NAME.issuperset(host):
            return None
    usual = {"http": "80", "https": "443"}.get(scheme)
    if not rest:
        return scheme, host, usual
    port = rest[1:]
    right = rest[0] == ":" and port.isdigit() and port == str(int(port)) and int(port) < 1 << 16
    return (scheme, host, port) if right else None
