"""Tokens of forms, with every value on the way from a session's id; and those that are refused."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from typing import Any, Final

from cookie_sessions import crypto
from cookie_sessions.csrf import PURPOSE
from cookie_sessions.errors import CsrfReason
from cookie_sessions.keys import Key
from tests.vectors.positive import KEY, OTHER_KEY, SID
from tests.vectors.steps import fixed

Vector = dict[str, Any]

_KID: Final = Key(KEY).kid


def vectors() -> list[Vector]:
    """All of them, those of their session first."""
    return [*_good(), *_refused()]


def _good() -> Iterator[Vector]:
    yield _vector("a token")
    yield _vector("another text of the same token", mask=fixed("another mask", 32))
    yield _vector("a mask of zeros", mask=bytes(32))
    yield _vector("a token of another key of the ring", key=OTHER_KEY, ring=[KEY, OTHER_KEY])


def _refused() -> Iterator[Vector]:
    good = bytes.fromhex(_vector("a token")["octets"])
    other_sid = _vector("another session", sid=fixed("another sid", 16))["text"]
    yield _refusal("a token of another session", other_sid, CsrfReason.TOKEN_MISMATCH)
    yield _refusal("a key of no ring", _text(good), CsrfReason.TOKEN_UNKNOWN_KID, ring=[OTHER_KEY])
    yield _refusal(
        "a revoked key",
        _text(good),
        CsrfReason.TOKEN_KEY_REVOKED,
        ring=[OTHER_KEY],
        revoked=[_KID],
    )
    for name, at in (("mask", 5), ("mask's end", 36), ("masked mark", 37), ("last octet", 68)):
        altered = bytearray(good)
        altered[at] ^= 1
        yield _refusal(f"a bit of the {name}", _text(altered), CsrfReason.TOKEN_MISMATCH)
    for name, text in {
        "no text": "",
        "an octet less": _text(good[:-1]),
        "an octet more": _text(good + b"\x00"),
        "another version": _text(b"\x02" + good[1:]),
        "the other base64": base64.b64encode(b"\x01" + b"\xff" * 68).decode(),
        "a space in it": f" {_text(good)[1:]}",
        "a character that is not ASCII": f"{_text(good)[:-1]}é",
    }.items():
        yield _refusal(name, text, CsrfReason.TOKEN_MALFORMED)


def _vector(
    name: str,
    *,
    key: bytes = KEY,
    ring: list[bytes] | None = None,
    sid: bytes = SID,
    mask: bytes | None = None,
) -> Vector:
    mask = fixed("a mask", 32) if mask is None else mask
    subkey = crypto.derive(key, PURPOSE)
    mark = hmac.digest(subkey, sid, "sha256")
    masked = bytes(a ^ b for a, b in zip(mark, mask, strict=True))
    octets = b"\x01" + Key(key).kid + mask + masked
    return {
        **_inputs(name, _text(octets), sid=sid, ring=ring or [key], revoked=[]),
        "kid": Key(key).kid.hex(),
        "subkey": subkey.hex(),
        "mark": mark.hex(),
        "mask": mask.hex(),
        "masked": masked.hex(),
        "octets": octets.hex(),
    }


def _refusal(
    name: str,
    text: str,
    reason: CsrfReason,
    *,
    ring: list[bytes] | None = None,
    revoked: list[bytes] | None = None,
) -> Vector:
    inputs = _inputs(name, text, sid=SID, ring=ring or [KEY], revoked=revoked or [])
    return {**inputs, "reason": str(reason)}


def _inputs(name: str, text: str, *, sid: bytes, ring: list[bytes], revoked: list[bytes]) -> Vector:
    return {
        "name": name,
        "keys": [key.hex() for key in ring],
        "revoked": [kid.hex() for kid in revoked],
        "sid": sid.hex(),
        "text": text,
    }


def _text(octets: bytes | bytearray) -> str:
    return base64.urlsafe_b64encode(octets).decode("ascii")
