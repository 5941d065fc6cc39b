"""The payload of a session: its claims and its values by key, as docs/format.md says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import ormsgpack
from ormsgpack import Ext, packb, unpackb

from cookie_sessions.codec.names import CODES, STATIC_NAMES
from cookie_sessions.errors import UsageError

Wire: TypeAlias = bool | int | float | str | Ext | bytes | None
"""One value as it stands in the payload: inline, a leaf's extension, or a segment's octets."""

MAX_CLAIMS_OCTETS: Final = 255

_ANY_KEY: Final = ormsgpack.OPT_NON_STR_KEYS
_NAMES: Final[Mapping[int, str]] = dict(enumerate(STATIC_NAMES))
_CODES: Final[dict[object, object]] = dict(CODES.items())
_LENGTHS: Final = tuple(bytes((length,)) for length in range(MAX_CLAIMS_OCTETS + 1))
_INLINE: Final = frozenset({type(None), bool, float})
_SHORT: Final = 16
_SMALL: Final = 1 << 63


def is_its_own_wire(value: object) -> bool:
    """Whether it is known without packing that a value stands in the payload as it is.

    Args:
        value: what the application stored.
    """
    if type(value) is str:
        return len(value) < _SHORT and value.isascii()
    return type(value) in _INLINE or (type(value) is int and -_SMALL <= value < _SMALL)


def dump(
    claims: bytes, wires: Mapping[object, Wire], pack_key: Callable[[object], str | bytes]
) -> bytes:
    """Write claims and values as one plaintext.

    Args:
        claims: the packed claims, 1 to 255 octets.
        wires: each value as it stands in the payload, by key; their order is kept.
        pack_key: gives the form of a key that is no plain string: its text, or its octets.

    Returns:
        The plaintext to be sealed.

    Raises:
        UsageError: a key can't be kept, or two keys become one.
    """
    if not 1 <= len(claims) <= MAX_CLAIMS_OCTETS:
        raise ValueError(f"claims take 1 to {MAX_CLAIMS_OCTETS} octets")
    code_of = _CODES.get
    entries: dict[object, Wire] = {
        code_of(key, key) if type(key) is str else _coded(pack_key(key)): wire
        for key, wire in wires.items()
    }
    if len(entries) != len(wires):
        raise UsageError(
            "Two keys of the session are one and the same once they are packed, so a value would "
            "be lost. The session was not saved. Use strings as keys."
        )
    try:
        octets = packb(entries, None, _ANY_KEY)
    except TypeError:
        # Only a string with lone surrogates is a key that MessagePack can't hold.
        entries = {
            pack_key(key) if type(key) is str and not _is_utf8(key) else key: wire
            for key, wire in entries.items()
        }
        octets = packb(entries, None, _ANY_KEY)
    return _LENGTHS[len(claims)] + claims + octets


def with_claims(plaintext: bytes, claims: bytes) -> bytes:
    """The same plaintext with other claims.

    Args:
        plaintext: what :func:`dump` wrote.
        claims: the packed claims, 1 to 255 octets.
    """
    return _LENGTHS[len(claims)] + claims + plaintext[plaintext[0] + 1 :]


def load(
    plaintext: bytes, unpack_key: Callable[[bytes], object]
) -> tuple[bytes, dict[object, Wire]]:
    """Read a plaintext; the values stay packed.

    Args:
        plaintext: what :func:`dump` wrote.
        unpack_key: unpacks a key that is no string.

    Returns:
        The packed claims, and each value as it stands in the payload, by key. A value in a form
        that is none of ours is refused when it is read, and written again as it came.

    Raises:
        Exception: any, where writing the same again would give other octets.
    """
    start = plaintext[0] + 1
    octets = plaintext[start:]
    entries = unpackb(octets, ext_hook=Ext, option=_ANY_KEY)
    # Trailing octets, duplicate keys and longer forms than needed all fail this comparison.
    if start == 1 or type(entries) is not dict or packb(entries, None, _ANY_KEY) != octets:
        raise ValueError("not as it is written")
    # A plain loop: sessions have few keys, and loops in C take longer to begin than this to end.
    named: dict[object, Wire] = {}
    for key, wire in entries.items():
        if type(key) is int:
            named[_NAMES[key]] = wire
        elif type(key) is str:
            named[key] = wire
        else:
            named[_named(key, unpack_key)] = wire
    if len(named) != len(entries):
        raise ValueError("one key twice")
    return plaintext[1:start], named


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _coded(key: str | bytes) -> int | str | bytes:
    return CODES.get(key, key) if isinstance(key, str) else key


def _named(key: object, unpack_key: Callable[[bytes], object]) -> object:
    if type(key) is not bytes:
        raise ValueError("not a key on the wire")
    named = unpack_key(key)
    if type(named) is str and _is_utf8(named):
        raise ValueError("a key that is written as it is")
    return named
