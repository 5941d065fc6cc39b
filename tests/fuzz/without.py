"""Taking our cookies out of a Cookie header, against our reader and the plainest reading.

The first octet says which names are taken out and whether commas end a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cookie_sessions.cookies import chunk_names, without
from tests.fuzz import reader

WORDS: Final = reader.WORDS

_NAMES: Final = (
    frozenset({"session", *chunk_names("session")}),
    frozenset({"__Host-session", "s"}),
)
_COMMAS: Final = 0x04


def check(data: bytes) -> None:
    first = data[0] if data else 0
    names = _NAMES[first % len(_NAMES)]
    header = data[1:].decode("latin-1")
    commas = bool(first & _COMMAS)
    left = without(header, names, commas=commas)
    before = _pairs(header, commas=commas)
    wanted = [pair for pair in before if not _is_of(pair, names)]
    if len(wanted) == len(before):
        assert left == header, "changed although nothing of ours was there"
        return
    assert not any(_is_of(pair, names) for pair in _pairs(left, commas=commas)), "something is left"
    found = [pair.strip(" \t") for pair in _pairs(left, commas=commas)]
    others = [pair.strip(" \t") for pair in wanted]
    assert list(filter(None, found)) == list(filter(None, others)), "others were changed"
    assert bool(left) == any(others), "a header of nothing, or none of something"
    assert _is_within(left, header), "something was added"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"\0session", b"\0session=a", b"\0session=a; ", b"\0 ; session=a")
    yield b"\0a=1; session=x; session.1=y; session.8=z; b=2"
    yield from (
        b"\0 a=1;session=x",
        b"\4a=1,session=x, b=2",
        b"\0a=1,session=x",
        b"\0\x85session=x",
    )
    yield from (b"\1s=1; ss=2;\ts\t=3;__Host-session=4", b'\0a="; session=x; "')
    yield from (b"\0session;a", b"\0\x85session=x")
    yield from reader.seeds()


def _pairs(header: str, *, commas: bool) -> list[str]:
    return (header.replace(",", ";") if commas else header).split(";")


def _is_of(pair: str, names: frozenset[str]) -> bool:
    name, equals, _ = pair.partition("=")
    return bool(equals) and name.strip(" \t") in names


def _is_within(part: str, whole: str) -> bool:
    """Whether the characters of one stand in the other, in their order."""
    rest = iter(whole)
    return all(character in rest for character in part)
