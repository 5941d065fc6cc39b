"""The parser of ring files: keys or one error of the operator's, which never shows a key."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cookie_sessions.errors import ConfigurationError, CookieSessionsError
from cookie_sessions.keys import Key, KeyEntry, KeySet
from cookie_sessions.keys.jwk_set import ALGORITHM, dump_jwk_set, parse_jwk_set, parse_leniently
from tests.fuzz.attempt import attempt

ORIGIN: Final = "file:keys.json"
WORDS: Final = (
    *(b'"keys":', b'"kty":"oct"', b'"alg":"XAES-256-GCM"', b'"kid":', b'"k":', b'"state":'),
    *(b'"primary"', b'"open-only"', b'"revoked"', b'"nbf":', b'"exp":', b"NaN", b"1e999", b"null"),
    *(b'"iat":', b'"key_id":', b'"propagation":', b'"longest_session":', b'"rotate_every":'),
    *(b"A" * 43, b"E" * 43, b'"01234567"', b"\xef\xbb\xbf", b"\\ud800", b"\\u0000"),
)

_DATES: Final = {"iat": "created", "nbf": "seals_from", "exp": "opens_until"}
_OURS: Final = frozenset({"kty", "alg", "kid", "k", "key_id", "state", *_DATES})
_SHOWN: Final = re.compile(r"(?=([A-Za-z0-9_-]{16}))")
"""Characters of a key that no message may hold in a row: no word of a message is that long."""


def check(data: bytes) -> None:
    strict = attempt(lambda: parse_jwk_set(data, origin=ORIGIN))
    lenient = attempt(lambda: parse_leniently(data, origin=ORIGIN))
    for outcome in (strict, lenient):
        if isinstance(outcome, CookieSessionsError):
            assert isinstance(outcome, ConfigurationError), outcome
            assert outcome.__context__ is None, "drags another error along"
            _check_message(data, str(outcome))
    if isinstance(lenient, CookieSessionsError):
        assert isinstance(strict, CookieSessionsError), "lenient readers refuse more"
        return
    if isinstance(strict, CookieSessionsError):
        assert lenient.faults[:1] == (str(strict),), "strict readers refuse it for another reason"
    else:
        assert lenient.keys == strict, "a sound set reads in two ways"
        assert not lenient.faults, "a fault that strict readers do not see"
    for fault in lenient.faults:
        _check_message(data, fault)
    # It is JSON, so the plainest reader takes it too, and each key is what that one reads.
    document = json.loads(data.decode("utf-8-sig"))
    _check_entries(lenient.keys, document["keys"], left_out=len(lenient.faults))
    _check_primaries(lenient.keys)
    text = dump_jwk_set(lenient.keys)
    assert parse_jwk_set(text.encode(), origin=ORIGIN) == lenient.keys, "is not read back"
    written = json.loads(text)
    kept = {name: value for name, value in document.items() if name in lenient.keys.other}
    assert kept == {name: written[name] for name in lenient.keys.other}, "loses a member"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"{}", b"[]", b'{"keys":[]}', b'{"keys":[1]}', b"\xff", b"[" * 2000)
    octets = [bytes((n,)) * 32 for n in range(3)]
    keys = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in octets]
    kids = [Key(each).kid.hex() for each in octets]
    for states in (("primary",), ("primary", "open-only"), ("primary", "revoked", "open-only")):
        entries = [
            {"kty": "oct", "alg": ALGORITHM, "kid": f"n{n}", "state": state, "k": keys[n]}
            for n, state in enumerate(states)
        ]
        yield json.dumps({"keys": entries}).encode()
    sound: dict[str, Any] = {"kty": "oct", "k": keys[0]}
    for entry in (
        sound,
        {"kty": "RSA", "k": keys[0]},
        {"kty": "oct", "k": keys[0] + "="},
        {"kty": "oct", "k": keys[0], "nbf": 1},
        {"kty": "oct", "k": keys[0], "kid": keys[0]},
        {"kty": "oct", "k": keys[0], "kid": kids[0], "key_id": kids[0]},
        {"kty": "oct", "k": keys[0], "kid": kids[1]},
        {"kty": "oct", "k": "AAAA", "state": "asleep"},
    ):
        yield json.dumps({"keys": [entry]}).encode()
    yield json.dumps({"keys": [sound] * 2}).encode()
    dated: list[dict[str, Any]] = [
        {**sound, "iat": 1, "nbf": 5, "exp": 1e3, "use": "enc"},
        {"kty": "oct", "k": keys[1], "nbf": 900, "note": "\ud800"},
        {"kty": "oct", "key_id": kids[2], "state": "revoked", "iat": None},
    ]
    settings: dict[str, Any] = {
        "propagation": 60,
        "longest_session": 600,
        "rotate_every": 900,
        "version": 2.5,
    }
    yield json.dumps(settings | {"keys": dated}).encode()
    for damaged in (
        {**sound, "exp": "soon"},
        {**sound, "state": "revoked", "exp": "soon"},
        {"kty": "oct", "key_id": kids[0]},
        {"kty": "oct", "key_id": kids[0][1:], "state": "revoked"},
    ):
        yield json.dumps({"keys": [*dated[1:], damaged]}).encode()
    yield json.dumps({"keys": [sound], "propagation": "soon"}).encode()
    yield json.dumps({"keys": [{**dated[0], "nbf": 900}, dated[1]]}).encode()


def _check_entries(keys: KeySet, members: list[Any], *, left_out: int) -> None:
    assert len(keys.entries) + left_out == len(members), "neither a key nor a fault"
    objects = [member for member in members if isinstance(member, dict)]
    for entry in keys.entries:
        assert any(_is_of(entry, member) for member in objects), "an entry that is none"
    ring = keys.ring(0)
    for member in objects:
        state = member.get("state", "primary")
        if state in ("primary", "open-only") and "key_id" not in member:
            continue
        kid = _plain_kid(member)
        assert kid is not None, "a damaged revocation is left out"
        assert keys.get(kid) is not None, "a revocation is lost"
        if state == "revoked":
            assert kid in ring.revoked, "a revoked key that is not"
            assert ring.get(kid) is None, "a revoked key that opens"


def _is_of(entry: KeyEntry, member: Mapping[str, Any]) -> bool:
    """Whether the plainest reader takes a member of the file for this key."""
    dates = {name: getattr(entry, attribute) for name, attribute in _DATES.items()}
    return (
        _plain_kid(member) == entry.kid
        and (entry.key is None) is ("k" not in member)
        and member.get("kty") == "oct"
        and member.get("alg", ALGORITHM) == ALGORITHM
        and member.get("state", "primary") == (entry.mark or "primary")
        and (member.get("kid") or entry.kid.hex()) == entry.label
        and dates == {name: member.get(name) for name in _DATES}
        and entry.other == {name: member[name] for name in member.keys() - _OURS}
    )


def _check_primaries(keys: KeySet) -> None:
    """Whoever begins to seal at a moment, and has not ended, is the primary of that moment."""
    for entry in keys.entries:
        begins = entry.seals_from
        if begins is None or not entry.may_seal:
            continue
        if entry.opens_until is not None and entry.opens_until < begins:
            continue
        ring = keys.ring(begins)
        assert ring.primary == entry.key, "another key seals than the one that is primary"
        assert ring.get(entry.kid) == entry.key, "a primary that opens nothing"


def _plain_kid(member: Mapping[str, Any]) -> bytes | None:
    """The key id of an entry as far as it has one, read without any of the parser's refusals."""
    try:
        if "k" in member:
            return Key(base64.urlsafe_b64decode(member["k"] + "=")).kid
        return bytes.fromhex(member["key_id"])
    except (ConfigurationError, ValueError, TypeError, KeyError):
        return None


def _check_message(data: bytes, message: str) -> None:
    assert message.startswith(f"{ORIGIN}: "), "does not say which file"
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
