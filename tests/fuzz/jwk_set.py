"""The parser of ring files: a ring or one error of the operator's, which never shows a key."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from cookie_sessions.errors import ConfigurationError, CookieSessionsError
from cookie_sessions.keys.jwk_set import ALGORITHM, parse_jwk_set
from tests.fuzz.attempt import attempt

ORIGIN: Final = "file:keys.json"
WORDS: Final = (
    *(b'"keys":', b'"kty":"oct"', b'"alg":"XAES-256-GCM"', b'"kid":', b'"k":', b'"state":'),
    *(b'"primary"', b'"open-only"', b'"revoked"', b'"nbf":', b'"exp":', b"NaN", b"1e999", b"null"),
    *(b"A" * 43, b"E" * 43, b"\xef\xbb\xbf", b"\\ud800", b"\\u0000"),
)

_STATES: Final = ("primary", "open-only", "revoked")
_SHOWN: Final = re.compile(r"(?=([A-Za-z0-9_-]{16}))")
"""Characters of a key that no message may hold in a row: no word of a message is that long."""


def check(data: bytes) -> None:
    ring = attempt(lambda: parse_jwk_set(data, origin=ORIGIN))
    if isinstance(ring, CookieSessionsError):
        assert isinstance(ring, ConfigurationError), ring
        assert str(ring).startswith(f"{ORIGIN}: "), "does not say which file"
        assert ring.__context__ is None, "drags another error along"
        _check_secrecy(data, str(ring))
        return
    # It is JSON, so the plainest reader takes it too, and each key is what that one reads.
    entries = json.loads(data.decode("utf-8-sig"))["keys"]
    kids = {False: set[bytes](), True: set[bytes]()}
    for entry in entries:
        assert entry["kty"] == "oct"
        assert entry.get("alg", ALGORITHM) == ALGORITHM
        assert entry.get("state", "primary") in _STATES
        material = base64.urlsafe_b64decode(entry["k"] + "=")
        assert len(material) == 32
        revoked = entry.get("state") == "revoked"
        kids[revoked].add(parse_jwk_set(_alone(entry), origin=ORIGIN).primary.kid)
    primaries = [entry for entry in entries if entry.get("state", "primary") == "primary"]
    assert [parse_jwk_set(_alone(entry), origin=ORIGIN).primary.kid for entry in primaries] == [
        ring.primary.kid
    ], "another key seals than the one that is primary"
    for kid in kids[False] - kids[True]:
        assert ring.get(kid) is not None, "a key of the file that opens nothing"
    for kid in kids[True]:
        assert kid in ring.revoked, "a revoked key that is not"
        assert ring.get(kid) is None, "a revoked key that opens"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"{}", b"[]", b'{"keys":[]}', b'{"keys":[1]}', b"\xff", b"[" * 2000)
    keys = [base64.urlsafe_b64encode(bytes((n,)) * 32).decode().rstrip("=") for n in range(3)]
    for states in (("primary",), ("primary", "open-only"), ("primary", "revoked", "open-only")):
        entries = [
            {"kty": "oct", "alg": ALGORITHM, "kid": f"n{n}", "state": state, "k": keys[n]}
            for n, state in enumerate(states)
        ]
        yield json.dumps({"keys": entries}).encode()
    for entry in (
        {"kty": "oct", "k": keys[0]},
        {"kty": "RSA", "k": keys[0]},
        {"kty": "oct", "k": keys[0] + "="},
        {"kty": "oct", "k": keys[0], "nbf": 1},
        {"kty": "oct", "k": keys[0], "kid": keys[0]},
        {"kty": "oct", "k": "AAAA", "state": "asleep"},
    ):
        yield json.dumps({"keys": [entry]}).encode()
    yield json.dumps({"keys": [{"kty": "oct", "k": keys[0]}] * 2}).encode()


def _alone(entry: dict[str, Any]) -> str:
    return json.dumps({"keys": [{"kty": "oct", "k": entry["k"]}]})


def _check_secrecy(data: bytes, message: str) -> None:
    try:
        entries = json.loads(data.decode("utf-8-sig"))["keys"]
        entries = [entry for entry in entries if isinstance(entry, dict)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    labels = "\n".join(str(entry.get("kid")) for entry in entries)
    for entry in entries:
        text = entry.get("k")
        for part in _SHOWN.findall(text) if isinstance(text, str) else ():
            assert part not in message or part in labels, "shows a part of a key"
