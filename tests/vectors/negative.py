"""The cookies that are refused, each with its Reason: every way that format v1 knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ormsgpack import packb

from cookie_sessions import envelope
from cookie_sessions.claims import Claims
from cookie_sessions.crypto import kid_of
from cookie_sessions.errors import Reason
from cookie_sessions.sealer import Place
from tests.vectors.positive import CLAIMS, IDLE, KEY, NOW, OTHER_KEY, SESSION, SID
from tests.vectors.steps import fixed, seal

Vector = dict[str, Any]

_EMPTY_MAP: Final = b"\x80"
_FIXED: Final = SID + NOW.to_bytes(4, "big") + b"\x00\x00"
"""The claims of a session that ends when it begins; optional ones may follow."""

_URL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def vectors() -> list[Vector]:
    """All cookies that are refused, in the order of the checks."""
    return [*_texts(), *_envelopes(), *_changes(), *_plaintexts(), *_claims(), *_ends()]


def _text(name: str, text: str, reason: Reason, **more: Any) -> Vector:
    vector = {
        "name": name,
        "key": KEY.hex(),
        "other_keys": [],
        "revoked": [],
        "place": SESSION._asdict(),
        "now": NOW,
        "timeouts": {"idle": IDLE, "absolute": None, "remember": None},
        "text": text,
        "reason": reason.value,
        "opens": False,
    }
    assert more.keys() <= {*vector, "repeat"}
    return vector | more


def _sealed(
    plaintext: bytes, *, place: Place = SESSION, sealed_at: int = NOW, key: bytes = KEY
) -> str:
    nonce = fixed(f"nonce of {plaintext.hex()} {place} {sealed_at}", 24)
    sealed = seal(plaintext, key=key, place=place, nonce=nonce, sealed_at=sealed_at)
    return str(sealed["text"])


def _plaintext(claims: bytes = _FIXED, content: bytes = _EMPTY_MAP) -> bytes:
    return bytes((len(claims),)) + claims + content


_GOOD: Final = _sealed(_plaintext())
_OCTETS: Final = envelope._decode(_GOOD)


def _encoded(octets: bytes) -> str:
    head = envelope.Head(octets[1], octets[2:6], int.from_bytes(octets[6:10], "big"))
    text = envelope.serialise(head, octets[10:])
    # The header is written with version 1, whatever the octets say.
    return _URL[octets[0] >> 2] + _URL[(octets[0] & 3) << 4 | octets[1] >> 4] + text[2:]


def _texts() -> Iterator[Vector]:
    malformed = Reason.MALFORMED
    spare = _sealed(_plaintext(content=b"\x81\xa1a\x01"))
    assert len(spare) % 4
    yield _text("too long by one character", "A", Reason.TOO_LARGE, repeat=32_769)
    yield _text("too long, though split", "~", Reason.TOO_LARGE, repeat=32_769)
    yield _text("as long as may be, of version 0", "A", Reason.UNKNOWN_VERSION, repeat=32_768)
    yield _text("the split form alone", "~", Reason.MISSING_CHUNK)
    yield _text("the split form", f"~3.{_GOOD}", Reason.MISSING_CHUNK)
    yield _text("empty", "", malformed)
    yield _text("one character", "A", malformed)
    yield _text("a length of 1 modulo 4", _GOOD[: len(_GOOD) // 4 * 4 - 3], malformed)
    yield _text("padding", spare + "=" * (-len(spare) % 4), malformed)
    yield _text("padding alone", "====", malformed)
    yield _text("spare bits that are not zero", spare[:-1] + _next(spare[-1]), malformed)
    for name, foreign in (
        ("the standard alphabet's plus", "+"),
        ("the standard alphabet's slash", "/"),
        ("a space", " "),
        ("a full stop", "."),
        ("a tilde that is not first", "~"),
        ("a quotation mark", '"'),
        ("a percent sign", "%"),
        ("a line feed", "\n"),
        ("a NUL", "\0"),
        ("an octet outside ASCII", "\xff"),
        ("a character outside Latin-1", "\u0100"),
    ):
        yield _text(name, _GOOD[:20] + foreign + _GOOD[21:], malformed)
    yield _text("quotes around it", f'"{_GOOD}"', malformed)
    yield _text("a line feed behind it", _GOOD + "\n", malformed)
    yield _text("four foreign characters in between", _GOOD[:20] + "...." + _GOOD[20:], malformed)


def _next(character: str) -> str:
    return _URL[_URL.index(character) + 1]


def _envelopes() -> Iterator[Vector]:
    for version in (0, 2, 0x81):
        octets = bytes((version,)) + _OCTETS[1:]
        yield _text(f"version {version}", _encoded(octets), Reason.UNKNOWN_VERSION)
    yield _text("version 2, of one octet", "Ag", Reason.UNKNOWN_VERSION)
    yield _text("version 1, of one octet", "AQ", Reason.MALFORMED)
    yield _text("too short by one octet", _encoded(_OCTETS[:49]), Reason.MALFORMED)
    yield _text(
        "version 2 with an unknown flag",
        _encoded(b"\x02\x02" + _OCTETS[2:]),
        Reason.UNKNOWN_VERSION,
    )
    for bit in range(1, 8):
        octets = _OCTETS[:1] + bytes((1 << bit,)) + _OCTETS[2:]
        yield _text(f"flag {bit}", _encoded(octets), Reason.MALFORMED)
    yield _text("another key alone in the ring", _GOOD, Reason.UNKNOWN_KID, key=OTHER_KEY.hex())
    yield _text(
        "a revoked key",
        _GOOD,
        Reason.KEY_REVOKED,
        key=OTHER_KEY.hex(),
        revoked=[kid_of(KEY).hex()],
    )
    late = _sealed(_plaintext(), sealed_at=NOW + 301)
    yield _text("sealed too far ahead", late, Reason.NOT_YET_VALID)
    yield _text(
        "sealed too far ahead by a part of a second",
        _sealed(_plaintext(), sealed_at=NOW + 300),
        Reason.NOT_YET_VALID,
        now=NOW - 0.25,
    )
    yield _text("sealed too far ahead, and changed", _flipped(late, 40), Reason.NOT_YET_VALID)
    yield _text(
        "sealed too far ahead, by an unknown key", late, Reason.UNKNOWN_KID, key=OTHER_KEY.hex()
    )


def _flipped(text: str, offset: int, bit: int = 0) -> str:
    octets = bytearray(envelope._decode(text))
    octets[offset] ^= 1 << bit
    return _encoded(bytes(octets))


def _changes() -> Iterator[Vector]:
    last = len(_OCTETS) - 1
    yield _text("a changed kid", _flipped(_GOOD, 2), Reason.UNKNOWN_KID)
    yield _text(
        "the kid of another key of the ring",
        _encoded(_OCTETS[:2] + kid_of(OTHER_KEY) + _OCTETS[6:]),
        Reason.BAD_SEAL,
        other_keys=[OTHER_KEY.hex()],
    )
    for name, offset, bit in (
        ("the refreshable flag", 1, 0),
        ("the lowest bit of sealed_at", 9, 0),
        ("the first bit of the nonce", 10, 7),
        ("the last bit of the nonce's first half", 21, 0),
        ("the first bit of the nonce's second half", 22, 7),
        ("the last bit of the nonce", 33, 0),
        ("the first bit of the ciphertext", 34, 7),
        ("the last bit of the ciphertext", last - 16, 0),
        ("the first bit of the tag", last - 15, 7),
        ("the last bit of the tag", last, 0),
    ):
        yield _text(f"changed: {name}", _flipped(_GOOD, offset, bit), Reason.BAD_SEAL)
    yield _text("the tag cut by an octet", _encoded(_OCTETS[:-1]), Reason.BAD_SEAL)
    yield _text("the tag cut off", _encoded(_OCTETS[:-16]), Reason.BAD_SEAL)
    yield _text("an octet behind the tag", _encoded(_OCTETS + b"\0"), Reason.BAD_SEAL)
    yield _text(
        "an octet before the ciphertext",
        _encoded(_OCTETS[:34] + b"\0" + _OCTETS[34:]),
        Reason.BAD_SEAL,
    )
    yield _text("50 octets", _encoded(_OCTETS[:50]), Reason.BAD_SEAL)
    for name, place in (
        ("another purpose", SESSION._replace(purpose="csrf")),
        ("another cookie name", SESSION._replace(name="sessio")),
        ("a cookie name of other letters", SESSION._replace(name="Session")),
        ("an audience where there is none", SESSION._replace(audience="shop")),
        ("a letter moved from name to audience", Place("session", "sessio", "n")),
        ("a letter moved from purpose to name", Place("sessio", "nsession", "")),
    ):
        yield _text(f"sealed for {name}", _sealed(_plaintext(), place=place), Reason.BAD_SEAL)
    yield _text(
        "sealed without the audience that is asked for",
        _GOOD,
        Reason.BAD_SEAL,
        place=SESSION._replace(audience="shop")._asdict(),
    )


def _opened(
    name: str, plaintext: bytes, reason: Reason = Reason.UNDECODABLE, **more: Any
) -> Vector:
    return _text(name, _sealed(plaintext), reason, opens=True, **more)


def _plaintexts() -> Iterator[Vector]:
    yield _opened("an empty plaintext", b"")
    yield _opened("claims of no octets", b"\x00" + _EMPTY_MAP)
    yield _opened("claims beyond the end", b"\xff" + _FIXED + _EMPTY_MAP)
    yield _opened("claims to the end", _plaintext(content=b""))
    for name, content in {
        "an octet behind the map": b"\x80\x00",
        "two maps": b"\x80\x80",
        "an array": b"\x90",
        "nil": b"\xc0",
        "an octet that MessagePack does not use": b"\xc1",
        "a map cut short": b"\x82\x00\x01",
        "a code twice": b"\x82\x17\x01\x17\x02",
        "a key as its code and as its name": b"\x82\x17\x01\xa5theme\x02",
        "a name twice": b"\x82\xa1a\x01\xa1a\x01",
        "a key twice, as octets in two forms": b"\x82\xc4\x01\x05\x01\xc4\x02\xcc\x05\x01",
        "the code 127, which has no name": b"\x81\x7f\x01",
        "the code 128": b"\x81\xcc\x80\x01",
        "a negative code": b"\x81\xff\x01",
        "a key that is nil": b"\x81\xc0\x01",
        "a key that is true": b"\x81\xc3\x01",
        "a key that is a float": b"\x81\xcb" + bytes(8) + b"\x01",
        "a key that is an array": b"\x81\x90\x01",
        "a key that is an extension": b"\x81\xd4\x01\x01\x01",
        "a key that is not UTF-8": b"\x81\xa1\xff\x01",
        "a key as octets that are a plain string": b"\x81\xc4\x02\xa1a\x01",
        "a key as octets that are a list": b"\x81\xc4\x01\x90\x01",
        "a key as octets that are no value": b"\x81\xc4\x01\xc1\x01",
        "a key as octets with an octet behind": b"\x81\xc4\x02\x05\x05\x01",
        "a key as no octets": b"\x81\xc4\x00\x01",
        "a value that is not UTF-8": b"\x81\xa1a\xa1\xff",
        "a map of 16 bits in length, for one key": b"\xde\x00\x01\xa1a\x01",
        "a key of 8 bits in length, for one letter": b"\x81\xd9\x01a\x01",
        "a code in a longer form than needed": b"\x81\xcc\x17\x01",
        "an integer in a longer form than needed": b"\x81\xa1a\xcc\x01",
        "a string in a longer form than needed": b"\x81\xa1a\xd9\x01a",
        "octets in a longer form than needed": b"\x81\xa1a\xc5\x00\x01\x01",
        "an extension in a longer form than needed": b"\x81\xa1a\xc7\x01\x20\x01",
        "a float of 32 bits": b"\x81\xa1a\xca\x3f\x80\x00\x00",
        "an extension of a negative number": b"\x81\xa1a\xd4\xff\x01",
    }.items():
        yield _opened(name, _plaintext(content=content))


def _claims() -> Iterator[Vector]:
    start = _FIXED[:20]
    for name, octets in {
        "claims of 21 octets": _FIXED[:21],
        "claims of one octet": b"\x00",
        "since in a longer form than needed": start + b"\x80\x00\x00",
        "until in a longer form than needed": start + b"\x00\x81\x00",
        "since of ten octets": start + b"\x80" * 9 + b"\x01\x00",
        "until cut short": start + b"\x00\x80",
        "tags that do not ascend": _FIXED + b"\x02\x01a\x01\x01\x05",
        "a tag twice": _FIXED + b"\x06\x01a\x06\x01a",
        "the tag 0": _FIXED + b"\x00\x01a",
        "a tag without a length": _FIXED + b"\x02",
        "a length beyond the end": _FIXED + b"\x02\x02a",
        "a length in a longer form than needed": _FIXED + b"\x02\x81\x00a",
        "an auth_time of two numbers": _FIXED + b"\x01\x02\x05\x05",
        "an auth_time of no octets": _FIXED + b"\x01\x00",
        "an auth_time in a longer form than needed": _FIXED + b"\x01\x02\x85\x00",
        "bindings of no octets": _FIXED + b"\x03\x00",
        "no former kids": _FIXED + b"\x04\x00",
        "former kids of five octets": _FIXED + b"\x04\x05abcde",
        "lasts of two numbers": _FIXED + b"\x07\x02\x05\x05",
        "lasts of no octets": _FIXED + b"\x07\x00",
        "beside no octets": _FIXED + b"\x08\x00",
        "beside nine octets": _FIXED + b"\x08\x09" + bytes(9),
        "imported from no octets": _FIXED + b"\x05\x00",
        "imported from nine octets": _FIXED + b"\x05\x09" + bytes(9),
        "nine former kids": _FIXED + b"\x04\x24" + bytes(36),
        "critical claims that do not ascend": _FIXED + b"\x90\x00\x80\x00",
    }.items():
        yield _opened(name, _plaintext(octets))
    for name, octets in {
        "a critical claim": _FIXED + b"\x80\x01a",
        "a critical claim without octets": _FIXED + b"\xff\x00",
        "a critical claim of a known number": _FIXED + b"\x82\x01a",
        "a critical claim behind former kids of five octets": _FIXED + b"\x04\x05abcde\x80\x00",
    }.items():
        yield _opened(name, _plaintext(octets), Reason.UNKNOWN_VERSION)


def _ends() -> Iterator[Vector]:
    def ended(name: str, claims: Claims, reason: Reason, **more: Any) -> Vector:
        return _opened(name, _plaintext(claims.to_octets()), reason, **more)

    kid = fixed("a former kid", 4)
    absolute = {"idle": IDLE, "absolute": 100, "remember": None}
    remember = {"idle": IDLE, "absolute": None, "remember": 100}
    idle, whole = Reason.EXPIRED_IDLE, Reason.EXPIRED_ABSOLUTE
    brief = CLAIMS._replace(until=NOW + 50)
    lasting = CLAIMS._replace(until=NOW + 2 * IDLE)
    for_brief = lasting._replace(lasts=50)
    for_long = lasting._replace(lasts=4 * IDLE)
    former = CLAIMS._replace(former_kids=(fixed("another", 4), kid))
    yield ended(
        "began too far ahead",
        CLAIMS._replace(iat=NOW + 301, since=(NOW + 301) * 1000, until=NOW + IDLE),
        Reason.NOT_YET_VALID,
    )
    yield ended(
        "proved who they are too far ahead",
        CLAIMS._replace(auth_time=NOW + 301),
        Reason.NOT_YET_VALID,
    )
    yield ended("past its end", brief, idle, now=NOW + 51)
    yield ended("not used for longer than is allowed now", lasting, idle, now=NOW + IDLE + 1)
    yield ended("longer than a session lasts", CLAIMS, whole, now=NOW + 101, timeouts=absolute)
    yield ended("past both ends", brief, whole, now=NOW + 101, timeouts=absolute)
    yield ended(
        "remembered for longer than it was to be",
        for_brief,
        whole,
        now=NOW + 51,
        timeouts=remember,
    )
    yield ended(
        "remembered for longer than is allowed now",
        for_long,
        whole,
        now=NOW + 101,
        timeouts=remember,
    )
    yield ended(
        "remembered, and past its end",
        brief._replace(lasts=90),
        idle,
        now=NOW + 51,
        timeouts=remember,
    )
    yield ended(
        "not used for longer than is allowed, where nothing is remembered",
        for_long,
        idle,
        now=NOW + IDLE + 1,
    )
    yield ended("a former key that is revoked", former, Reason.KEY_REVOKED, revoked=[kid.hex()])
    yield ended(
        "past its end, and a former key is revoked",
        former._replace(until=NOW + 50),
        idle,
        now=NOW + 51,
        revoked=[kid.hex()],
    )
    yield ended("past its end, the map undecodable", brief, idle, now=NOW + 51) | {
        "text": _sealed(_plaintext(brief.to_octets(), packb([]))),
        "reason": Reason.UNDECODABLE.value,
    }
