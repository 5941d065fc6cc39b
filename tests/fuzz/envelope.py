"""The envelope: what is read is written again octet for octet, and all else is refused rightly."""

from __future__ import annotations

import base64
import string
from collections.abc import Iterator
from typing import Final

from cookie_sessions import envelope
from cookie_sessions.errors import CookieSessionsError, Reason, Rejected
from tests.fuzz.attempt import attempt
from tests.fuzz.vectors import texts

WORDS: Final = (b"AQ", b"AQA", b"AQE", b"~", b"=", b"==", b"-", b"_", b"+", b"/", b"\xc3\xa9")

_ALPHABET: Final = frozenset(string.ascii_letters + string.digits + "-_")
_SHORTEST: Final = 10 + 24 + 16


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    expected = _reason(text)
    head = envelope.peek(text)
    parsed = attempt(lambda: envelope.parse(text))
    if isinstance(parsed, CookieSessionsError):
        assert isinstance(parsed, Rejected), parsed
        assert parsed.reason is expected, f"{parsed.reason} instead of {expected}"
        return
    assert expected is None, f"read, although it is {expected}"
    parsed_head, sealed = parsed
    assert head == parsed_head, "peeking shows another header"
    assert envelope.serialise(parsed_head, sealed) == text, "written differently"
    assert parsed_head.octets() + sealed == _octets(text), "other octets than base64url has"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"~2.AQA", b"AQ==", b"AQA" * 22, b"AQE" * 22 + b"g", b"AAAA" * 17)
    for text in texts():
        yield from (text, text + b"=", text + b"A", text[:-1])


def _octets(text: str) -> bytes | None:
    """Decode canonical base64url without padding, with the standard library alone."""
    if not _ALPHABET.issuperset(text) or len(text) % 4 == 1:
        return None
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return octets if base64.urlsafe_b64encode(octets).decode().rstrip("=") == text else None


def _reason(text: str) -> Reason | None:
    """The reason that docs/format.md gives for refusing a text, or None."""
    if len(text) > envelope.MAX_TEXT_OCTETS:
        return Reason.TOO_LARGE
    if text.startswith("~"):
        return Reason.MISSING_CHUNK
    octets = _octets(text)
    if not octets:
        return Reason.MALFORMED
    if octets[0] != 1:
        return Reason.UNKNOWN_VERSION
    return Reason.MALFORMED if len(octets) < _SHORTEST or octets[1] > 1 else None
