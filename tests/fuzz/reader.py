"""The reader of the Cookie header against the plainest reading of its own rules.

The first octet says how the rest is used: which name is looked for, whether commas end a pair, and
whether another cookie stands before it that leaves little room below the reader's bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cookie_sessions.cookies import MAX_HEADER_OCTETS, MAX_VALUES, find, is_prefixed
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Reason, Rejected
from tests.fuzz.attempt import attempt
from tests.fuzz.vectors import texts

NAMES: Final = ("session", "__Host-session", "s", "session.1")
WORDS: Final = (
    *(name.encode() + b"=" for name in NAMES),
    *(b"; ", b";", b",", b"=", b"\t", b'"', b"%3B", b"\xc2\x85", b"\xe2\x80\x80", b"$Version=1"),
)

_COMMAS: Final = 0x04
_LONG: Final = 0x08
_BEFORE: Final = "x" * (MAX_HEADER_OCTETS - 64)


def check(data: bytes) -> None:
    first = data[0] if data else 0
    name = NAMES[first % len(NAMES)]
    header = (_BEFORE if first & _LONG else "") + data[1:].decode("latin-1")
    commas = bool(first & _COMMAS)
    expected = _plainest(header, name, commas=commas)
    found = attempt(lambda: find(header, name, commas=commas))
    outcome: object = found
    if isinstance(found, CookieSessionsError):
        outcome = found.reason if isinstance(found, Rejected) else type(found)
    assert outcome == expected, f"the reader gives {outcome!r} and the rules give {expected!r}"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"\0session", b"\0session=", b"\1__Host-session=a; __host-session=b")
    yield b'\0a=1; session="x;y"; session =\t z ; \xc2\x85session=no; xsession=no'
    yield from (b"\0x=1,session=EVIL", b"\1x=1,__Host-session=EVIL", b"\4x=1,session=EVIL")
    yield from (b"\0\x85session=EVIL", b"\0session\xa0=EVIL", b"\0session=\xa0a\x85")
    yield b"\5x=1,__Host-session=EVIL"
    yield b"\0" + b";".join(b"session=%d" % number for number in range(MAX_VALUES + 2))
    yield b"\x08;session=a"
    yield b"\x08; session=" + b"a" * 53
    yield b"\x08; session=" + b"a" * 54
    yield b"\0theme=dark; session=" + next(texts())[:80] + b"; session.1=b"


def _plainest(header: str, name: str, *, commas: bool) -> object:
    """The values, the reason why the header is refused, or the operator's error."""
    if len(header) > MAX_HEADER_OCTETS:
        return Reason.TOO_LARGE
    if commas and is_prefixed(name):
        return ConfigurationError
    values: dict[str, None] = {}
    for pair in (header.replace(",", ";") if commas else header).split(";"):
        found, equals, value = pair.partition("=")
        if equals and found.strip(" \t") == name:
            values[value.strip(" \t")] = None
    return Reason.AMBIGUOUS if len(values) > MAX_VALUES else tuple(values)
