"""Strings that are octets in disguise become octets again: hex, base64url, UUIDs, JWTs.

Each form is used only where it restores the identical string, so shrinking loses nothing.
"""

from __future__ import annotations

import re
import uuid
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from ormsgpack import Ext, unpackb

from cookie_sessions.codec import tags

MIN_CHARACTERS: Final = 16
"""Shorter strings stay as they are: there is nothing to win."""

_MIN_BASE64URL: Final = 22
MAX_JWT_PART: Final = 8192
"""Octets of a part that is kept as a value. Readers hold to it too: each token inside a token would
make its text a third longer, and a few hundred octets of them gigabytes."""

_TEXT_FORMS: Final = (
    r"(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|(?P<hex>(?:[0-9a-f]{2}){8,})"
    r"|(?P<jwt>eyJ[0-9A-Za-z_-]{5,}\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*)"
    r"|(?P<base64url>(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[0-9A-Za-z_-]{22,})"
)

_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_PADDING: Final = (b"", b"", b"==", b"=")


def _kind(octet: int) -> int:
    if octet < 0x80 and (chr(octet).isalnum() or octet in b"-_."):
        return 0x78
    if 0xA0 | MIN_CHARACTERS <= octet <= 0xBF:
        return 0x66
    return {0xD9: 0x73, 0xDA: 0x6C}.get(octet, 0x20)


# x: a character of tokens; f, s, l: the headers of strings that hold at least as many as MIN, with
# no, one and two octets of length behind them.
_KINDS: Final = bytes(map(_kind, range(256)))
_RUN: Final = b"x" * MIN_CHARACTERS
_STARTS: Final = (b"f" + _RUN, *(b"s" + length + _RUN for length in (b" ", b"x", b"f", b"s", b"l")))


def may_shrink(octets: bytes) -> bool:
    """Say cheaply whether packed octets may hold a string that shrinks.

    Whatever shrinks is a token from its first character on, so its header and a run of token
    characters stand side by side. Other octets can look so too: then the strings are looked at.
    """
    kinds = octets.translate(_KINDS)
    if _RUN not in kinds:
        return False
    for start in _STARTS:
        if start in kinds:
            return True
    at = kinds.find(b"l")
    while at >= 0:
        if kinds.startswith(_RUN, at + 3):
            return True
        at = kinds.find(b"l", at + 1)
    return False


def shrink_tree(octets: bytes) -> Any:
    """Shrink every string inside a packed container.

    Args:
        octets: one packed value.

    Returns:
        The value as the serializer takes it, with shorter forms in place of strings, or None
        where nothing shrinks.
    """
    tree = unpackb(octets, ext_hook=Ext)
    return tree if _shrink_items(tree) else None


def shrink_text(text: str) -> Any:
    """Give the shorter form of one string: an extension or a list with a marker, or None."""
    match = _token()(text)
    return None if match is None else _FORMS[match.lastgroup or ""](text)


@cache
def _token() -> Callable[[str], re.Match[str] | None]:
    # Nothing is shrunk where a session is only opened, so a cold start does not compile it.
    return re.compile(_TEXT_FORMS).fullmatch


def jwt_text(items: list[Any]) -> str:
    """Put a shrunk JWT together again; raises on anything that is not its three parts."""
    header, payload, signature = items
    return f"{_part_text(header)}.{_part_text(payload)}.{_base64url_text(signature)}"


def _shrink_items(tree: Any) -> bool:
    shrunk = False
    for place, item in tree.items() if type(tree) is dict else enumerate(tree):
        kind = type(item)
        if kind is str:
            if len(item) >= MIN_CHARACTERS:
                short = shrink_text(item)
                if short is not None:
                    tree[place] = short
                    shrunk = True
        elif (kind is list or kind is dict) and _shrink_items(item):
            shrunk = True
    return shrunk


def _shrink_hex(text: str) -> Ext:
    return Ext(tags.HEX, bytes.fromhex(text))


def _shrink_uuid(text: str) -> Ext:
    return Ext(tags.UUID_TEXT, bytes.fromhex(text.replace("-", "")))


def _shrink_base64url(text: str) -> Ext | None:
    octets = _base64url_octets(text)
    return None if octets is None else Ext(tags.BASE64URL, octets)


def _shrink_jwt(text: str) -> list[Any] | None:
    parts = [_base64url_octets(part) for part in text.split(".")]
    if None in parts:
        return None
    header, payload, signature = parts
    shrunk = _json_value(header)
    if type(shrunk) is not dict:
        return None
    body = _json_value(payload)
    try:
        _shrink_items(shrunk)
        if type(body) is dict or type(body) is list:
            _shrink_items(body)
    except RecursionError:
        # A client can nest its JSON deeper than this walk goes: then the text stays as it is.
        return None
    return [tags.MARKERS[tags.JWT], shrunk, body, signature]


def _json_value(octets: Any) -> Any:
    """Parse JSON that our own writer would write identically; else give the octets back."""
    if len(octets) > MAX_JWT_PART:
        return octets
    loads, dumps = _json()
    try:
        text = octets.decode()
        value = loads(text)
        return value if dumps(value) == text else octets
    except (ValueError, RecursionError):
        return octets


def _part_text(part: Any) -> str:
    if type(part) is bytes:
        return _base64url_text(part)
    _, dumps = _json()
    octets = dumps(part).encode()
    if len(octets) > MAX_JWT_PART:
        raise ValueError("a part that would have stayed octets")
    return _base64url_text(octets)


@cache
def _json() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    """Give reader and writer of JSON; imported only where a JWT turns up."""
    import json

    return json.JSONDecoder().decode, json.JSONEncoder(
        ensure_ascii=False, separators=(",", ":")
    ).encode


def _base64url_octets(text: str) -> bytes | None:
    standard = text.encode("ascii").translate(_TO_STANDARD)
    try:
        octets = a2b_base64(standard + _PADDING[len(standard) % 4])
    except ValueError:
        return None
    # The last character may carry spare bits; only the canonical one is restored.
    return octets if b2a_base64(octets, newline=False).rstrip(b"=") == standard else None


def _base64url_text(octets: bytes) -> str:
    encoded = b2a_base64(octets, newline=False)
    return encoded.translate(_TO_URL).rstrip(b"=").decode("ascii")


def _restore_uuid(octets: bytes) -> str:
    return str(uuid.UUID(bytes=octets))


_FORMS: Final[dict[str, Callable[[str], Any]]] = {
    "hex": _shrink_hex,
    "uuid": _shrink_uuid,
    "jwt": _shrink_jwt,
    "base64url": _shrink_base64url,
}

RESTORERS: Final[dict[int, Callable[[bytes], object]]] = {
    tags.HEX: bytes.hex,
    tags.UUID_TEXT: _restore_uuid,
    tags.BASE64URL: _base64url_text,
}
"""From the tag of a shrunk string to the function that restores it."""
