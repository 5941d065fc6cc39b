"""Octets of bindings, judged for a client, against the plainest reading of their table.

The first octet says which of a few clients comes; the rest are the octets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cookie_sessions.client import Client
from cookie_sessions.errors import CookieSessionsError, Reason, Rejected
from cookie_sessions.policy.binding import MAX_OCTETS, PROPERTIES, Rules, bind, judge, rebind
from tests.fuzz.attempt import attempt
from tests.policy.user_agents import SEQUENCES

CLIENTS: Final = (
    Client(SEQUENCES["Chrome on Windows"][0], "de-DE,de;q=0.9,en;q=0.8", "203.0.113.7", "t13d"),
    Client(SEQUENCES["Chrome on Windows"][-1], "en", "2001:db8::1", "t13e"),
    Client("AppleCoreMedia/1.0 (iPhone)", "", "unknown", ""),
    Client("\x00" * 40, ",;*", "::ffff:203.0.113.7", "\xff"),
)
WORDS: Final = (
    *(b"\x01\x06", b"\x02\x00", b"\x02\x02", b"\x02\x04", b"\x03\x03", b"\x04\x03", b"\x09\x02"),
    *({bind(client, [name]) for client in CLIENTS for name in PROPERTIES} - {b""}),
)

_LENGTHS: Final = {1: (6,), 2: (0, 2, 4), 3: (3,), 4: (3,)}


def check(data: bytes) -> None:
    client = CLIENTS[data[0] % len(CLIENTS)] if data else CLIENTS[0]
    octets = data[1:]
    expected = _plainest(octets)
    judgement = attempt(lambda: judge(octets, client, Rules()))
    if isinstance(judgement, CookieSessionsError):
        refused = isinstance(judgement, Rejected) and judgement.reason is Reason.UNDECODABLE
        assert refused, "another error"
        assert expected is None, "refused, and the rules read it"
        return
    assert expected is not None, "read, and the rules refuse it"
    assert set(judgement.differing) <= {PROPERTIES[n - 1] for n in expected if n in _LENGTHS}, (
        "a property that the session is not bound to"
    )
    written = rebind(octets, client, PROPERTIES, newer=judgement.newer)
    after = _plainest(written)
    assert after is not None, "what is written is not read"
    assert len(written) <= MAX_OCTETS, "more than claims have room for"
    kept = {number: content for number, content in expected.items() if number not in _LENGTHS}
    later = {number: content for number, content in after.items() if number not in _LENGTHS}
    assert later in (kept, {}), "what a later release wrote was changed"
    again = judge(written, client, Rules())
    assert set(again.differing) <= set(judgement.differing), "a write made a client differ"
    assert not again.newer, "a newer version was not taken over"


def seeds() -> Iterator[bytes]:
    for place, client in enumerate(CLIENTS):
        for other in range(len(CLIENTS)):
            yield bytes((other,)) + bind(client, PROPERTIES)
        yield bytes((place,)) + bind(client, PROPERTIES) + b"\x09\x02hi"
    yield from (b"", b"\0\x01", b"\0\x02\x00", b"\0\x00\x00", b"\0\x03\x03abc\x03\x03abc")
    yield b"\1\x03\x03abc\x20\x1b" + b"x" * 27
    yield b"\0\xff\xff" + b"x" * 255


def _plainest(octets: bytes) -> dict[int, bytes] | None:
    entries: list[tuple[int, bytes]] = []
    rest = octets
    while rest:
        if len(rest) < 2 or len(rest) < 2 + rest[1]:
            return None
        entries.append((rest[0], rest[2 : 2 + rest[1]]))
        rest = rest[2 + rest[1] :]
    numbers = [number for number, _ in entries]
    if 0 in numbers or numbers != sorted(set(numbers)):
        return None
    if any(n in _LENGTHS and len(content) not in _LENGTHS[n] for n, content in entries):
        return None
    return dict(entries)
