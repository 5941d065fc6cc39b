"""The codec on octets that are authentic and hostile: another release's, a bug's, a leaked key's.

The first octet says what the rest is: a whole payload, packed claims, one value as it stands in the
map, plain, to be compressed or compressed already, or the octets of one extension.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ormsgpack import OPT_NON_STR_KEYS, Ext, packb, unpackb

from cookie_sessions.claims import Claims
from cookie_sessions.codec import MAX_VALUE_OCTETS, Codec, RegisteredType, Wire, tags
from cookie_sessions.codec.compress import Dictionary
from cookie_sessions.codec.lowering import MAX_DEPTH
from cookie_sessions.codec.table import MAX_ROWS
from cookie_sessions.errors import CookieSessionsError, Reason, Rejected
from tests.fuzz import vectors
from tests.fuzz.attempt import attempt
from tests.fuzz.nested import same_nested
from tests.vectors.description import MONEY, Money

PAYLOAD, CLAIMS, SEGMENT, COMPRESSED, FRAME, LEAF = range(6)
WORDS: Final = (
    *(bytes((0xC7, 0, tag)) for tag in tags.MARKERS),
    *(bytes((0xC7, 5, tag)) for tag in (tags.SURROGATES, tags.DECIMAL, tags.HEX, tags.BASE64URL)),
    *(bytes((0xC7, 8, tag)) for tag in range(tags.DATETIME, tags.DATE)),
    *(b"\xc1\x01", b"\xc1\x40", b"\xc4\x02\xc1\x01", b"\xa5money", b"eyJhbGciOiJub25lIn0", b"NaN"),
    *(b"Europe/Berlin", b"-Infinity", b"1E+30", b"\xed\xa0\x80", b"\x92\xc7\x00\x40", b"\x80\x01"),
)

_ESCAPE: Final = 0xC1
_LARGEST_CENTS: Final = 1 << 64
# A table of n rows, whose key has n characters, takes 2n octets and unfolds to n times n at most.
_UNFOLDS: Final = 1024
_LARGE: Final = 16 * MAX_VALUE_OCTETS
_DICTIONARY: Final = Dictionary()


def check(data: bytes) -> None:
    form, rest = (data[0] % 6, data[1:]) if data else (PAYLOAD, data)
    if form == PAYLOAD:
        _check_payload(rest)
    elif form == CLAIMS:
        _check_claims(rest)
    elif form == SEGMENT:
        _check_wire(rest)
    elif form == COMPRESSED:
        _check_wire(b"\xc1\x01" + _DICTIONARY.compress(rest))
    elif form == FRAME:
        _check_wire(b"\xc1\x01" + rest)
    elif rest:
        _check_wire(Ext(rest[0] & 0x7F, rest[1:]))


def seeds() -> Iterator[bytes]:
    yield bytes((PAYLOAD,))
    for payload in vectors.payloads():
        yield bytes((PAYLOAD,)) + payload
    yield bytes((PAYLOAD,)) + b"\x01-" + packb({"a": {1: [2]}}, None, OPT_NON_STR_KEYS)
    for claims in vectors.claims():
        yield bytes((CLAIMS,)) + claims
    for wire in vectors.wires():
        yield from _forms(unpackb(wire, ext_hook=lambda tag, data: (tag, data)))
    for packed in vectors.packed_values():
        yield bytes((SEGMENT,)) + packed
        yield bytes((COMPRESSED,)) + packed
    nested: object = b"payload"
    for depth in range(1, 41):
        nested = [tags.MARKERS[tags.JWT], {}, nested, b""]
        if depth in (1, 10, 40):
            yield bytes((SEGMENT,)) + packb(nested)
    for rows, characters in ((1024, 1024), (1025, 1024), (MAX_ROWS, 9000)):
        table = packb([tags.MARKERS[tags.TABLE], ["k" * characters], "\n" * (rows - 1)])
        yield bytes((FRAME,)) + _DICTIONARY.compress(table)
    for head in (b"\x91", b"\x92\xc7\x00\x40", b"\x81\xa1a"):
        yield bytes((SEGMENT,)) + head * (MAX_DEPTH + 1) + b"\x90"
        yield bytes((SEGMENT,)) + head * (MAX_DEPTH - 1) + b"\x90"


def _forms(wire: object) -> Iterator[bytes]:
    match wire:
        case int(tag), bytes(octets):
            yield bytes((LEAF, tag & 0x7F)) + octets
        case bytes() if wire.startswith(b"\xc1\x01"):
            yield bytes((FRAME,)) + wire[2:]
            try:
                yield bytes((COMPRESSED,)) + _DICTIONARY.decompress(wire[2:])
            except Exception:  # noqa: BLE001 - what no reader takes is no seed in this form.
                return
        case bytes():
            yield bytes((SEGMENT,)) + wire
        case _:
            return


def _money(items: Any) -> Money:
    cents, currency = items
    if type(cents) is not int or abs(cents) > _LARGEST_CENTS or type(currency) is not str:
        raise ValueError("not money")
    return Money(cents, currency)


CODEC: Final = Codec(types=[RegisteredType("money", Money, MONEY.to_value, _money)])


def _check_payload(plaintext: bytes) -> None:
    loaded = attempt(lambda: CODEC.load_payload(plaintext))
    if isinstance(loaded, CookieSessionsError):
        _check_refusal(loaded, Reason.UNDECODABLE)
        return
    claims, wires = loaded
    written = CODEC.dump_payload(claims, wires)
    again, wires_again = CODEC.load_payload(written)
    # A name in full is read where its code would be written, so this may have become shorter.
    assert len(written) <= len(plaintext), "written longer than it was"
    assert again == claims, "other claims"
    assert list(wires_again) == list(wires), "other keys, or in another order"
    assert _packed(wires_again) == _packed(wires), "other values"
    assert CODEC.with_claims(plaintext, b"-") == b"\x01-" + plaintext[len(claims) + 1 :]
    _check_claims(claims)
    for wire in wires.values():
        _check_wire(wire)


def _packed(wires: dict[object, Wire]) -> bytes:
    # An array or a map in place of a value is refused when it is read, and copied until then.
    return packb(list(wires.values()), None, OPT_NON_STR_KEYS)


def _check_claims(octets: bytes) -> None:
    claims = attempt(lambda: Claims.from_octets(octets))
    if isinstance(claims, CookieSessionsError):
        _check_refusal(claims, Reason.UNDECODABLE, Reason.UNKNOWN_VERSION)
        return
    assert claims.to_octets() == octets, "claims that would be written differently"
    assert claims.iat * 1000 <= claims.since, "a session that began after its own mark"
    assert claims.iat <= claims.until, "a session that ended before it began"


def _check_wire(wire: Wire) -> None:
    value = _read(wire)
    if isinstance(value, CookieSessionsError):
        _check_refusal(value, Reason.UNDECODABLE)
        return
    packed = attempt(lambda: CODEC.pack(value))
    if isinstance(packed, CookieSessionsError):
        # Reading may go deeper than writing does: section 9 of docs/format.md.
        assert "nested deeper" in str(packed), packed
        return
    segment = _segment(wire)
    assert len(segment) <= MAX_VALUE_OCTETS, "decompressed beyond the bound"
    assert len(packed) <= _UNFOLDS * len(segment), f"unfolds to {len(packed)} octets"
    if len(packed) > _LARGE:
        return
    assert same_nested(_read(packed), value), "another value when it is packed and read again"
    assert CODEC.pack(_read(packed)) == packed, "packed differently the second time"
    assert same_nested(_read(CODEC.to_wire("value", value, packed)), value), (
        "another value when shrunk"
    )


def _read(wire: Wire) -> Any:
    return attempt(lambda: CODEC.from_wire(wire))


def _segment(wire: Wire) -> bytes:
    if type(wire) is not bytes:
        return packb(wire)
    return _DICTIONARY.decompress(wire[2:]) if wire[0] == _ESCAPE else wire


def _check_refusal(error: CookieSessionsError, *reasons: Reason) -> None:
    assert isinstance(error, Rejected), error
    assert error.reason in reasons, error.reason
