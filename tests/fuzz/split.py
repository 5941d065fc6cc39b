"""Split sessions against the plainest reading of the format's section 12.

The first octet says how the rest is used: as a Cookie header whose chunks are joined, or as a text
that is split, with the next two octets for its room.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final

from cookie_sessions.cookies import capacity, find, is_split, join, split
from cookie_sessions.errors import Reason, Rejected
from tests.fuzz import vectors
from tests.fuzz.attempt import attempt

NAME: Final = "session"
HEADER, TEXT = range(2)
WORDS: Final = (
    *(f"session.{index}=~{index}".encode() for index in range(1, 9)),
    *(f"session=~{count}".encode() for count in range(10)),
    *(b"; ", b"session=", b"session.", b"~", b"~1AAAAAA", b"AAAAAA", b"A" * 22),
)

_HEAD: Final = re.compile(r"~[2-8](.{22,})", re.DOTALL)


def check(data: bytes) -> None:
    if data and data[0] % 2 == TEXT:
        _check_text(data[3:].decode("latin-1"), room=int.from_bytes(data[1:3], "big") % 1200)
        return
    header = data[1:].decode("latin-1")
    values = attempt(lambda: find(header, NAME))
    for head in values if isinstance(values, tuple) else ():
        if is_split(head):
            outcome = attempt(lambda head=head: join(head, name=NAME, find=_finder(header)))  # type: ignore[misc]
            found = outcome.reason if isinstance(outcome, Rejected) else outcome
            expected = _plainest(head, header)
            assert found == expected, f"joined to {found!r} and the rules give {expected!r}"


def seeds() -> Iterator[bytes]:
    for header in vectors.split_headers():
        if len(header) < 1500:
            yield bytes((HEADER,)) + header
    yield from (b"", b"\0session=~", b"\0session=~2", b"\0session=~9" + b"A" * 30)
    yield b"\0session=~2" + b"A" * 22 + b"; session.1=~1AAAAAAx; session.1=~1AAAAAAy"
    for room in (0, 63, 64, 65, 100, 1000):
        for length in (0, 1, room, room + 1, capacity(room), capacity(room) + 1):
            if length < 1400:
                yield bytes((TEXT,)) + room.to_bytes(2, "big") + b"A" * length


def _finder(header: str) -> functools.partial[tuple[str, ...]]:
    return functools.partial(find, header)


def _check_text(text: str, *, room: int) -> None:
    try:
        values = split(text, room=room)
    except ValueError:
        assert len(text) > capacity(room), "a text that fits is refused"
        return
    assert len(text) <= capacity(room), "a text that does not fit is split"
    if values == [text]:
        assert len(text) <= room, "a text that does not fit is written whole"
        return
    cookies = {f"{NAME}.{index}": value for index, value in enumerate(values)}
    assert max(map(len, values)) <= room, "a cookie is larger than its room"
    joined = join(values[0], name=NAME, find=lambda name: (cookies[name],))
    assert joined == text, "split and joined to something else"


def _plainest(head: str, header: str) -> object:
    """The joined text, or the reason why there is none."""
    match = _HEAD.fullmatch(head)
    if match is None:
        return Reason.MALFORMED
    text = match[1]
    tag = text[16:22]
    for index in range(1, int(head[1])):
        arrived: set[str] = set()
        for pair in header.split(";"):
            name, equals, value = pair.partition("=")
            if equals and name.strip(" \t") == f"{NAME}.{index}":
                arrived.add(value.strip(" \t"))
        if len(arrived) > 16:
            return Reason.AMBIGUOUS
        fitting = [value for value in arrived if value.startswith(f"~{index}{tag}")]
        if not fitting:
            return Reason.MIXED_CHUNKS if arrived else Reason.MISSING_CHUNK
        if len(fitting) > 1:
            return Reason.AMBIGUOUS
        text += fitting[0][8:]
    return text
