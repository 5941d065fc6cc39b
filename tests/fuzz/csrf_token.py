"""Tokens against forged requests: exactly those are taken that the page describes.

The text is judged for one session under a ring with a primary key, one that opens, a retired and a
revoked one; what is expected is decoded here with the standard library alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
from collections.abc import Iterator
from typing import Final

from cookie_sessions import crypto
from cookie_sessions.csrf import PURPOSE, token_verdict
from cookie_sessions.errors import CsrfReason
from cookie_sessions.keys import Key, KeyRing

_PRIMARY, _OPENS, _RETIRED, _REVOKED, _UNKNOWN = (Key(bytes([n]) * 32) for n in range(5))
_RING: Final = KeyRing(_PRIMARY, _OPENS, retired=[_RETIRED.kid], revoked=[_REVOKED.kid])
_SID: Final = bytes(range(16))
_ALPHABET: Final = frozenset(string.ascii_letters + string.digits + "-_")
_WITHOUT: Final = {
    _RETIRED.kid: CsrfReason.TOKEN_KEY_RETIRED,
    _REVOKED.kid: CsrfReason.TOKEN_KEY_REVOKED,
}

WORDS: Final = (
    *(b"A", b"AQ", b"Ag", b"=", b"==", b"+", b"/", b"-", b"_", b".", b"\n", b" ", b"\xc3\xa9"),
    *(base64.urlsafe_b64encode(b"\1" + key.kid) for key in (_PRIMARY, _OPENS, _REVOKED)),
)


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    verdict = token_verdict(text, sid=_SID, ring=_RING)
    expected = _verdict(text)
    assert verdict is expected, f"{verdict} instead of {expected}"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"A" * 92, b"." * 92, b"AQ" * 46, b"\xc3\xa9" * 46, b"\xff" * 92)
    for key in (_PRIMARY, _OPENS, _RETIRED, _REVOKED, _UNKNOWN):
        for sid in (_SID, bytes(16)):
            text = _token(key, sid)
            yield from (text, text[:-1], text + b"=", b"B" + text[1:], text[:-1] + b"+")
    yield _token(_PRIMARY, _SID, version=b"\2")


def _token(key: Key, sid: bytes, *, version: bytes = b"\1") -> bytes:
    mask = hashlib.sha256(key.kid + sid).digest()
    return base64.urlsafe_b64encode(version + key.kid + key.mac(PURPOSE)._mark_with(mask, sid))


def _verdict(text: str) -> CsrfReason | None:
    if len(text) != 92 or not _ALPHABET.issuperset(text):
        return CsrfReason.TOKEN_MALFORMED
    octets = base64.urlsafe_b64decode(text)
    if octets[0] != 1:
        return CsrfReason.TOKEN_MALFORMED
    kid, mask, masked = octets[1:5], octets[5:37], octets[37:]
    for key in (_PRIMARY, _OPENS):
        if key.kid == kid:
            subkey = crypto.derive(key.export_material(), "csrf")
            mac = hmac.new(subkey, _SID, hashlib.sha256).digest()
            same = bytes(a ^ b for a, b in zip(mask, mac, strict=True)) == masked
            return None if same else CsrfReason.TOKEN_MISMATCH
    return _WITHOUT.get(kid, CsrfReason.TOKEN_UNKNOWN_KID)
