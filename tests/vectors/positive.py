"""The cookies that open, with every value on the way from a session to its text."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from ormsgpack import OPT_NON_STR_KEYS, packb

from cookie_sessions import crypto
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec, Wire
from cookie_sessions.sealer import Place
from tests.vectors.description import MONEY, Money, describe
from tests.vectors.steps import fixed, seal
from tests.vectors.wires import COMPRESSED, TABLES

Vector = dict[str, Any]

KEY: Final = bytes(range(32))
OTHER_KEY: Final = fixed("another key", 32)
SESSION: Final = Place("session", "session", "")
NOW: Final = 1_767_225_600
IDLE: Final = 31 * 86_400
SID: Final = bytes(range(0xA0, 0xB0))
CLAIMS: Final = Claims(sid=SID, iat=NOW, since=NOW * 1000 + 250, until=NOW + IDLE)

JWT: Final = (
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ"
    ".eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOlsic2hvcCJdLCJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2"
    "NzIyOTIwMC41LCJuYW1lIjoiSsO2cmcgXCJKXCIiLCJhZG1pbiI6ZmFsc2UsImFjdCI6bnVsbH0"
    ".AAECAwQFBgcICQoLDA0ODw"
)
BIG: Final = 10**30
ALL_TYPES: Final[dict[object, Any]] = {
    "none": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "largest in MessagePack": 2**64 - 1,
    "least in MessagePack": -(2**63),
    "above": 2**64,
    "below": -(2**63) - 1,
    "big": -BIG,
    "float": 0.1,
    "minus zero": -0.0,
    "infinity": float("-inf"),
    "nan": float("nan"),
    "text": "Grüße, 世界",
    "empty text": "",
    "lone surrogate": "a\ud800b",
    "octets": b"\x00\xc1\xff",
    "no octets": b"",
    "list": [1, [2, []], "x"],
    "tuple": (1, (), [(2,)]),
    "dict": {"a": 1, "": {"b": None}},
    "dict of any keys": {1: "int", (2, "x"): "tuple", None: 0, b"k": {"s": 1}},
    "set": {3, "a", (1, 2), -1},
    "frozenset": frozenset({frozenset(), 1.5}),
    "naive": dt.datetime(2026, 1, 1, 12, 30),  # noqa: DTZ001
    "naive with microseconds": dt.datetime(1, 1, 1, 0, 0, 0, 1, fold=1),  # noqa: DTZ001
    "utc": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    "offset": dt.datetime(
        2026, 1, 1, 9, 0, 0, 999_999, tzinfo=dt.timezone(dt.timedelta(hours=-5, minutes=-30))
    ),
    "named offset": dt.datetime(
        2026, 1, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=1), "Mitteleuropäisch")
    ),
    "zone": dt.datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    "date": dt.date(9999, 12, 31),
    "time": dt.time(23, 59, 59, 1),
    "time with offset": dt.time(1, 2, 3, tzinfo=dt.UTC),
    "time in a zone": dt.time(1, 2, 3, tzinfo=ZoneInfo("Asia/Kathmandu"), fold=1),
    "timedelta": dt.timedelta(days=-1, microseconds=7),
    "no time": dt.timedelta(),
    "decimal": Decimal("-12.50"),
    "decimal with exponent": Decimal("1E+7"),
    "decimal nan": Decimal("sNaN12"),
    "uuid": uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"),
    "markup": Markup("<b>bold</b>"),
    "registered": [Money(1250, "EUR")],
}
SHRUNK: Final[dict[object, Any]] = {
    "hex": "00ff" * 8,
    "base64url": "AAECAwQFBgcICQoLDA0ODxAREhM-_7",
    "uuid text": "00112233-4455-6677-8899-aabbccddeeff",
    "jwt": JWT,
    "nested": {"tokens": ["0123456789abcdef0123456789abcdef", {"access_token": JWT}]},
}


def worked_example() -> Iterator[Vector]:
    """The vector that docs/format.md shows."""
    yield _vector(
        "the worked example of the format's page",
        {"user_id": 42, "theme": "dark", "greeting": "hello"},
        nonce=bytes(range(0x40, 0x58)),
    )


def vectors() -> list[Vector]:
    """All cookies that open, the worked example first."""
    return [*worked_example(), *_places(), *_times(), *_claims(), *_values()]


def _places() -> Iterator[Vector]:
    yield _vector("the smallest session", {}, claims=CLAIMS._replace(since=NOW * 1000, until=NOW))
    yield _vector("a permanent session", {"_permanent": True}, flags=1)
    yield _vector("an audience", {"a": 1}, place=SESSION._replace(audience="shop.example"))
    yield _vector("another cookie name", {"a": 1}, place=SESSION._replace(name="__Host-sid"))
    yield _vector(
        "name and audience that are not ASCII",
        {"a": 1},
        place=SESSION._replace(name="sitzung-größe", audience="Läden 世界"),
    )
    yield _vector("another purpose", {"a": 1}, place=SESSION._replace(purpose="csrf"))
    yield _vector(
        "a session that the Authorization header carries",
        {"user_id": 42},
        place=Place("session-header", "__Host-session", "shop.example"),
    )
    yield _vector("another key of the ring", {"a": 1}, other_keys=[OTHER_KEY])
    yield _vector("a key for which the top bit of L is the other one", {"a": 1}, key=_other_bit())
    yield from (
        _vector(f"a text whose length is {rest} modulo 4", {"a": "x" * size})
        for rest, size in ((0, 2), (3, 1), (2, 0))
    )


def _times() -> Iterator[Vector]:
    yield _vector("sealed as far ahead as clocks may differ", {}, now=NOW - 300)
    yield _vector("in the last second before its end", {}, now=NOW + IDLE + 0.75)
    yield _vector(
        "in the last second before the absolute end",
        {},
        claims=CLAIMS._replace(until=NOW + 2 * IDLE),
        now=NOW + 100.5,
        absolute=100,
    )
    lasting = CLAIMS._replace(until=NOW + 2 * IDLE, lasts=2 * IDLE)
    yield _vector(
        "remembered, which neither the idle nor the absolute timeout ends",
        {},
        claims=lasting,
        now=NOW + 2 * IDLE + 0.5,
        absolute=100,
        remember=3 * IDLE,
    )
    yield _vector(
        "remembered, in the last second that is allowed now",
        {},
        claims=lasting,
        now=NOW + 100.5,
        remember=100,
    )
    yield _vector(
        "remembered once, where nothing is remembered any more",
        {},
        claims=lasting._replace(lasts=10),
        now=NOW + 20,
    )


def _claims() -> Iterator[Vector]:
    everything = CLAIMS._replace(
        iat=NOW - 1000,
        auth_time=NOW - 500,
        subject="user:größe".encode(),
        bindings=b"\x01\x02\x03",
        former_kids=(fixed("a former kid", 4), fixed("another", 4)),
        unknown=((0x06, b"kept"), (0x7F, b"")),
        imported_from=fixed("a signed cookie", 8),
        lasts=90 * 86_400,
        beside=fixed("the session that it stands beside", 8),
    )
    yield _vector("all claims, and unknown ones that are kept", {"a": 1}, claims=everything)
    yield _vector(
        "an unknown claim alone", {}, claims=CLAIMS._replace(unknown=((0x06, b"x" * 130),))
    )
    yield _vector(
        "eight former kids",
        {},
        claims=CLAIMS._replace(former_kids=tuple(fixed(f"kid {i}", 4) for i in range(8))),
    )
    yield _vector(
        "taken over from a signed cookie",
        {},
        claims=CLAIMS._replace(auth_time=NOW, imported_from=fixed("another signed cookie", 8)),
    )
    yield _vector("a subject without octets", {}, claims=CLAIMS._replace(subject=b""))
    yield _vector("the earliest time", {}, claims=Claims(SID, 0, 0, 2**32 - 1), sealed_at=NOW)
    yield _vector(
        "since after iat by more than a day",
        {},
        claims=CLAIMS._replace(iat=NOW - 86_401, since=NOW * 1000 + 999),
    )


def _values() -> Iterator[Vector]:
    yield _vector("each type of value", ALL_TYPES)
    yield _vector("shrunk strings", SHRUNK)
    yield _vector("a secret name, whose value is not compressed", {"csrf_token": "0f" * 20})
    keys = {1: "int", (1, "x"): "tuple", "\udcff": "surrogate", None: 0, b"": 1, "größe": 2}
    yield _vector("keys that are no strings", keys)
    yield _vector("a name with a code, written as a string", {}, raw={"theme": "dark"})
    for name, (value, wire) in {**TABLES, **COMPRESSED}.items():
        yield _vector(name, {"cart": value}, given={"cart": wire})
    yield _vector(
        "a value that does not read beside one that does",
        {"lost": None, "kept": 1},
        given={"lost": b"\xc1\x40reference"},
        undecodable={"lost"},
    )
    yield _vector(
        "a value under a dictionary that is not known",
        {"kept": 1, "lost": None},
        given={"lost": b"\xc1\x02" + COMPRESSED["a compressed value"][1][2:]},
        undecodable={"lost"},
    )


def _vector(
    name: str,
    session: dict[Any, Any],
    *,
    key: bytes = KEY,
    other_keys: list[bytes] | None = None,
    place: Place = SESSION,
    claims: Claims = CLAIMS,
    nonce: bytes | None = None,
    sealed_at: int = NOW,
    flags: int = 0,
    now: float = NOW,
    absolute: int | None = None,
    remember: int | None = None,
    given: dict[str, bytes] | None = None,
    raw: dict[str, Wire] | None = None,
    undecodable: set[str] | None = None,
) -> Vector:
    # Every name is secret here, so that no octet depends on the release of the compressor.
    codec = Codec(types=[MONEY], secret_names=[key for key in session if type(key) is str])
    packed = {key: codec.pack(value, name=key) for key, value in session.items()}
    wires = {key: codec.to_wire(key, value, packed[key]) for key, value in session.items()}
    wires.update(given or {})
    octets = claims.to_octets()
    payload = codec.dump_payload(octets, wires)
    if raw:
        payload = bytes((len(octets),)) + octets + packb(raw)
        wires, session = dict(raw), dict(raw)
        packed = {key: codec.pack(value) for key, value in raw.items()}
    values = [
        _entry(codec, key, wires[key], packed[key], raw=bool(raw))
        if key not in (undecodable or ())
        else _entry(codec, key, wires[key], None, raw=False)
        for key in session
    ]
    nonce = nonce or fixed(f"nonce of {name}", crypto.NONCE_OCTETS)
    sealed = seal(payload, key=key, place=place, nonce=nonce, sealed_at=sealed_at, flags=flags)
    text = sealed.pop("text")
    return {
        "name": name,
        "key": key.hex(),
        "other_keys": [other.hex() for other in other_keys or []],
        "revoked": [],
        "place": place._asdict(),
        "now": now,
        "timeouts": {"idle": IDLE, "absolute": absolute, "remember": remember},
        "text": text,
        **sealed,
        "payload": payload.hex(),
        "claims_octets": octets.hex(),
        "claims": _described(claims),
        "values": values,
    }


def _entry(
    codec: Codec, key: Any, wire: Wire, packed: bytes | None, *, raw: bool
) -> dict[str, Any]:
    whole = packb({key: wire}) if raw else codec.dump_payload(b"-", {key: wire})[2:]
    octets = packb(wire, option=OPT_NON_STR_KEYS)
    entry: dict[str, Any] = {
        "wire_key": whole[1 : len(whole) - len(octets)].hex(),
        "wire": octets.hex(),
        "key": describe(key),
    }
    if packed is None:
        return entry | {"undecodable": True}
    if type(wire) is bytes and wire[:1] == b"\xc1":
        entry["segment"] = codec.dictionary.decompress(wire[2:]).hex()
    return entry | {"packed": packed.hex(), "value": describe(codec.from_wire(wire))}


def _described(claims: Claims) -> dict[str, Any]:
    return claims._asdict() | {
        "sid": claims.sid.hex(),
        "subject": None if claims.subject is None else claims.subject.hex(),
        "bindings": claims.bindings.hex(),
        "former_kids": [kid.hex() for kid in claims.former_kids],
        "imported_from": claims.imported_from.hex(),
        "beside": claims.beside.hex(),
        "unknown": [[tag, octets.hex()] for tag, octets in claims.unknown],
    }


def _other_bit() -> bytes:
    """A key whose L has another top bit than that of the worked example."""

    def top_bit(key: bytes) -> int:
        sealed = seal(b"", key=key, place=SESSION, nonce=bytes(24), sealed_at=0)
        return int(str(sealed["l"])[0], 16) >> 3

    return next(key for i in range(99) if top_bit(key := fixed(f"key {i}", 32)) != top_bit(KEY))
