"""The wire format, version 1: text to fields and back. Knows no keys.

docs/format.md is the specification; the step numbers in comments are its own.
"""

from __future__ import annotations

import binascii
import functools
import struct
from typing import NamedTuple

from cookie_sessions.crypto import KID_OCTETS, NONCE_OCTETS, TAG_OCTETS
from cookie_sessions.errors import Reason, Rejected

VERSION = 1
REFRESHABLE = 0x01
SPLIT_MARK = "~"
"""The first character of a split value: outside base64url, reserved in version 1."""

MAX_TEXT_OCTETS = 32_768
"""The longest text that is decoded: eight cookies of 4,096 octets."""

_HEADER = struct.Struct(">BB4sI")
HEADER_OCTETS = _HEADER.size
_SHORTEST = HEADER_OCTETS + NONCE_OCTETS + TAG_OCTETS
_HEAD_TEXT = 16
_HEAD_DECODED = 12
_FLAGS_TEXT = 3
_SEALED_AT = slice(HEADER_OCTETS - 4, HEADER_OCTETS)

_TO_STANDARD = bytes.maketrans(b"-_+/", b"+/\xff\xff")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_PADDING = (b"", b"===", b"==", b"=")
_LAST = ("", "", "AQgw", "AEIMQUYcgkosw048")
"""What the last character may be when one or two octets are left over: its spare bits are zero."""


class Head(NamedTuple):
    """What stands in the clear: readable without a key, authenticated only by opening.

    Attributes:
        flags: bit 0 says refreshable (a permanent session).
        kid: which key sealed it, 4 octets.
        sealed_at: when, in seconds since the epoch.
    """

    flags: int
    kid: bytes
    sealed_at: int

    @property
    def refreshable(self) -> bool:
        """Whether the session's end moves with its use."""
        return bool(self.flags & REFRESHABLE)

    def octets(self) -> bytes:
        """The ten header octets."""
        return _HEADER.pack(VERSION, self.flags, self.kid, self.sealed_at)


def aad(head: Head, *, purpose: str, name: str, audience: str) -> bytes:
    """Bind a seal to its place: no two different inputs give the same octets.

    Args:
        head: the header that stands before the nonce.
        purpose: what the value is for, such as ``"session"``.
        name: the name of the cookie.
        audience: the application it is for; empty by default.

    Returns:
        The header octets, then purpose, name and audience as UTF-8, each after its length in
        octets as two octets, big-endian.
    """
    return head.octets() + _place(purpose, name, audience)


@functools.lru_cache(maxsize=64)
def _place(*texts: str) -> bytes:
    octets = [text.encode() for text in texts]
    return b"".join([len(each).to_bytes(2, "big") + each for each in octets])


def serialise(head: Head, sealed: bytes) -> str:
    """Write header and seal as the cookie's text: base64url without padding (RFC 4648, 5)."""
    octets = binascii.b2a_base64(head.octets() + sealed, newline=False)
    return octets.translate(_TO_URL).rstrip(b"=").decode("ascii")


def text_octets(plaintext: int) -> int:
    """The octets of the text that a plaintext becomes when it is sealed.

    Args:
        plaintext: its octets.
    """
    return -(-(_SHORTEST + plaintext) * 4 // 3)


def parse(text: str) -> tuple[Head, bytes]:
    """Read a cookie's text strictly: what would be written differently is refused.

    Args:
        text: the value of the cookie.

    Returns:
        The header, and nonce with ciphertext and tag.

    Raises:
        Rejected: ``too_large``, ``missing_chunk`` (the reserved split form), ``malformed`` or
            ``unknown_version``.
    """
    if len(text) > MAX_TEXT_OCTETS:
        raise Rejected(Reason.TOO_LARGE)
    if text.startswith(SPLIT_MARK):
        raise Rejected(Reason.MISSING_CHUNK)
    octets = _decode(text)
    if len(octets) >= _SHORTEST and octets[0] == VERSION:
        return _head(octets), octets[HEADER_OCTETS:]
    known = not octets or octets[0] == VERSION
    raise Rejected(Reason.MALFORMED if known else Reason.UNKNOWN_VERSION)


def peek(text: str) -> Head | None:
    """Read the header alone, without looking at the rest.

    Args:
        text: the value of a cookie.

    Returns:
        The header, or None where :func:`parse` would refuse the text's beginning.
    """
    octets = _head_octets(text)
    return None if octets is None else Head(*_HEADER.unpack_from(octets)[1:])


def sliding_since(text: str) -> int | None:
    """When a text was sealed that says refreshable, as :func:`peek` reads it; None for any other.

    Of most others three characters are looked at.

    Args:
        text: the value of a cookie.

    Returns:
        Seconds since the epoch.
    """
    if text[:_FLAGS_TEXT] not in _SLIDING:
        return None
    octets = _head_octets(text)
    return None if octets is None else int.from_bytes(octets[_SEALED_AT], "big")


def _head_octets(text: str) -> bytes | None:
    if len(text) <= _HEAD_TEXT:
        return None
    try:
        octets = binascii.a2b_base64(text[:_HEAD_TEXT].encode("ascii").translate(_TO_STANDARD))
    except ValueError:
        return None
    # As in _decode: the decoder skips what is not in its alphabet.
    if len(octets) != _HEAD_DECODED or octets[0] != VERSION or octets[1] & ~REFRESHABLE:
        return None
    return octets


def _head(octets: bytes) -> Head:
    _, flags, kid, sealed_at = _HEADER.unpack_from(octets)
    if flags & ~REFRESHABLE:
        raise Rejected(Reason.MALFORMED)
    return Head(flags, kid, sealed_at)


def _decode(text: str) -> bytes:
    ending = len(text) % 4
    try:
        standard = text.encode("ascii").translate(_TO_STANDARD)
        octets = binascii.a2b_base64(standard + _PADDING[ending])
    except ValueError:
        raise Rejected(Reason.MALFORMED) from None
    # The decoder skips what is not in its alphabet and drops spare bits of the last character, so
    # the text is what serialising gives if nothing was skipped and those bits are zero.
    if len(octets) != len(text) * 3 // 4 or (ending and text[-1] not in _LAST[ending]):
        raise Rejected(Reason.MALFORMED)
    return octets


assert _HEADER.size == 2 + KID_OCTETS + 4

# Version and flags, with the two bits of the key's id that share their last character.
_SLIDING = frozenset(
    serialise(Head(REFRESHABLE, bytes((bits << 6,)) + bytes(KID_OCTETS - 1), 0), b"")[:_FLAGS_TEXT]
    for bits in range(4)
)
