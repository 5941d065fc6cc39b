"""The reader of Flask's own cookies, before and behind the signature, against Flask's own reader.

The first octet says what the rest is: a text as a client sends it, or octets that this target signs
as Flask would: the text before the signature, the text before the time, JSON, JSON to be deflated
or a deflated stream.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from typing import Any, Final

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadData, URLSafeTimedSerializer

from cookie_sessions.codec import MAX_VALUE_OCTETS, Codec
from cookie_sessions.errors import CookieSessionsError, Reason, Rejected
from cookie_sessions.flask.signed import SignedCookies
from cookie_sessions.migration import Migration
from tests.fuzz.attempt import attempt
from tests.fuzz.nested import same_nested

TEXT, TIMED, PAYLOAD, JSON, DEFLATED, STREAM = range(6)
WORDS: Final = (
    *(b'{" t":', b'{" u":"', b'{" b":"', b'{" m":"', b'{" d":"', b'{" di":', b'{" t__":'),
    *(b'"_permanent":true', b"\\ud800", b"1e999", b"NaN", b"Thu, 01 Jan 1970 00:00:00 GMT", b"."),
    *(b"aE7hgA", b".aE7hgA.", b"eyJhIjoxfQ", b"\x78\x9c", b"null", b"-Infinity", b"=="),
)
SIGNED_AT: Final = 1_750_000_000

_IDLE: Final = 2_678_400
_REFUSALS: Final = frozenset(
    {Reason.MALFORMED, Reason.TOO_LARGE, Reason.UNKNOWN_KID, Reason.UNDECODABLE}
)
_APP: Final = Flask("fuzz", static_folder=None)
_APP.secret_key = "the secret key of the target"
_APP.config["SECRET_KEY_FALLBACKS"] = ["the one before"]
_INTERFACE: Final = SecureCookieSessionInterface()
_CODEC: Final = Codec()

COOKIES: Final = SignedCookies(_APP, _INTERFACE)
MIGRATION: Final = Migration(COOKIES, until=float("inf"))


def check(data: bytes) -> None:
    form, rest = (data[0] % 6, data[1:]) if data else (TEXT, data)
    text = _text(form, rest)
    head = COOKIES.peek(text)
    signed = attempt(lambda: COOKIES.read(text))
    if isinstance(signed, CookieSessionsError):
        _check_refusal(form, text, signed)
        return
    assert _inflated_octets(text) <= MAX_VALUE_OCTETS, "inflated beyond the bound"
    assert same_nested(signed.values, _as_flask_reads(text)), "other values than Flask reads"
    assert head is not None, "read, and no head is seen"
    assert head.sealed_at == signed.signed_at, "another time than is seen"
    _check_import(text, signed.values, signed.signed_at)


def sign_json(octets: bytes) -> str:
    """A cookie of Flask's with these octets for JSON, whatever they are."""
    return _text(JSON, octets)


def seeds() -> Iterator[bytes]:
    values: tuple[Any, ...] = (
        {},
        {"_permanent": True, "user_id": 1},
        {"cart": [{"sku": "a", "price": 1.5}], "t": {" t": [1, {" t": []}]}},
        {"u": {" u": "0" * 32}, "b": {" b": "AAEC"}, "m": {" m": "<b>"}},
        {"d": {" d": "Sun, 15 Jun 2025 15:06:40 GMT"}, "x": {" t__": 1}},
        {"big": 1 << 80, "float": -0.0, "none": None, "text": "é\ud800"},
    )
    for value in values:
        octets = json.dumps(value, separators=(",", ":")).encode()
        deflated = zlib.compress(octets)
        yield bytes((TEXT,)) + COOKIES.write({"a": 1}, signed_at=SIGNED_AT).encode()
        yield bytes((TIMED,)) + _base64url(octets) + b".aE7hgA"
        yield bytes((PAYLOAD,)) + _base64url(octets)
        yield bytes((PAYLOAD,)) + b"." + _base64url(deflated)
        yield bytes((JSON,)) + octets
        yield bytes((DEFLATED,)) + octets
        yield bytes((STREAM,)) + deflated
        yield bytes((STREAM,)) + deflated[:-2]
        yield bytes((STREAM,)) + deflated + b"x"
    yield from (
        b"",
        b"\0a.b.c",
        b"\0.a.b.c",
        b"\0a.b",
        b"\0\xc3\xa9.b.c",
        b"\3[]",
        b"\3" + b"[" * 1500,
        b"\3{}",
    )
    for room in (MAX_VALUE_OCTETS - 2, MAX_VALUE_OCTETS - 1):
        yield bytes((STREAM,)) + zlib.compress(b"{}" + b" " * room)
    yield bytes((JSON,)) + b'{"a":' + b"[" * 300 + b"]" * 300 + b"}"


def _text(form: int, rest: bytes) -> str:
    if form == TEXT:
        return rest.decode("latin-1")
    serializer = _serializer()
    signer = serializer.make_signer(serializer.salt)
    if form == TIMED:
        before = rest
    else:
        payload = rest if form == PAYLOAD else _payload(form, rest)
        before = payload + b"." + _base64url(SIGNED_AT.to_bytes(4, "big"))
    return (before + b"." + signer.get_signature(before)).decode("latin-1")


def _payload(form: int, rest: bytes) -> bytes:
    if form == JSON:
        return _base64url(rest)
    if form == STREAM:
        return b"." + _base64url(rest)
    return b"." + _base64url(zlib.compress(rest, 1))


def _base64url(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _serializer() -> URLSafeTimedSerializer:
    serializer = _INTERFACE.get_signing_serializer(_APP)
    assert serializer is not None
    return serializer


def _as_flask_reads(text: str) -> Any:
    try:
        return _serializer().loads(text)
    except BadData:
        return None


def _inflated_octets(text: str) -> int:
    """How long the JSON of an authentic cookie is, counted a little beyond the bound."""
    payload = text.removeprefix(".").split(".")[0]
    octets = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    if not text.startswith("."):
        return len(octets)
    return len(zlib.decompressobj().decompress(octets, MAX_VALUE_OCTETS + 1))


def _check_refusal(form: int, text: str, error: CookieSessionsError) -> None:
    assert isinstance(error, Rejected), error
    assert error.reason in _REFUSALS, error.reason
    if form != TEXT:
        assert error.reason is not Reason.UNKNOWN_KID, "our own signature is not taken"
    if form in (JSON, DEFLATED):
        assert not isinstance(_as_flask_reads(text), dict), f"{error}, and Flask reads it"


def _check_import(text: str, values: Any, signed_at: int) -> None:
    """What is taken over holds what Flask's cookie held, or is refused as a whole."""
    content = attempt(
        lambda: MIGRATION.open(text, codec=_CODEC, idle=_IDLE, revoked=(), now=signed_at)
    )
    if isinstance(content, CookieSessionsError):
        assert isinstance(content, Rejected), content
        assert content.reason is Reason.UNDECODABLE, content.reason
        return
    assert content.claims.iat == signed_at, "another beginning"
    assert content.claims.until == signed_at + _IDLE, "another end"
    taken = {name: _CODEC.from_wire(wire) for name, wire in content.wires.items()}
    assert same_nested(taken, dict(values)), "other values than were signed"
