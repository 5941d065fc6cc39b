"""The whole way in: whatever a client sends, and whatever was sealed, is a session that works.

The first octet says how the rest arrives: as the Cookie header itself, as a payload that is sealed
properly, as the values behind good claims, as two payloads under one name, or as the JSON of one of
Flask's own cookies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from ormsgpack import packb

from cookie_sessions import clock
from cookie_sessions.arrival import Arrival
from cookie_sessions.claims import Claims
from cookie_sessions.codec.lowering import MAX_DEPTH
from cookie_sessions.session import Session
from tests.fuzz import codec, envelope, reader, signed, vectors
from tests.plain import HOUR, START, Site

HEADER, PAYLOAD, VALUES, PAIR, SIGNED = range(5)
WORDS: Final = (*reader.WORDS, *envelope.WORDS, *codec.WORDS, *signed.WORDS)

_BETWEEN: Final = b"; session="
_CLAIMS: Final = Claims(bytes(16), int(START), int(START) * 1000, int(START) + HOUR).to_octets()
_GOOD: Final = bytes((len(_CLAIMS),)) + _CLAIMS

with pytest.MonkeyPatch.context() as _patch:
    # Without a limit that an input reaches: what is large is written as several cookies.
    SITE: Final = Site(_patch, previous_names={"old": "2030-01-31"}, profile="waitress")
    SITE.manager.migration = signed.MIGRATION


def check(data: bytes) -> None:
    form, rest = (data[0] % 5, data[1:]) if data else (HEADER, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: START)
        if form == HEADER:
            _use(rest.decode("latin-1"))
        elif form == PAYLOAD:
            _use("session=" + SITE.forge(rest))
        elif form == VALUES:
            _use("session=" + SITE.forge(_GOOD + rest))
        elif form == SIGNED:
            _use("session=" + signed.sign_json(rest))
        else:
            one, _, other = rest.partition(_BETWEEN)
            _use(f"session={SITE.forge(one)}; session={SITE.forge(_GOOD + other)}")
    SITE.happened.clear()
    SITE.codec.unpacked.clear()
    SITE.codec.packed.clear()


def seeds() -> Iterator[bytes]:
    for header in reader.seeds():
        yield bytes((HEADER,)) + header[1:]
    for text in vectors.texts():
        yield bytes((HEADER,)) + b"session=" + text
    for data in signed.seeds():
        if data[:1] == bytes((signed.JSON,)):
            yield bytes((SIGNED,)) + data[1:]
    for depth in (MAX_DEPTH - 1, MAX_DEPTH):
        yield bytes((VALUES,)) + packb({"deep": b"\x91" * depth + b"\x90"})
    for payload in vectors.payloads():
        length = payload[0] + 1
        yield bytes((PAYLOAD,)) + _GOOD + payload[length:]
        yield bytes((VALUES,)) + payload[length:]
        yield bytes((PAIR,)) + payload + _BETWEEN + payload[length:]


def _use(header: str) -> None:
    """Open it, use it in every way, write it, and open what was written."""
    arrival = SITE.manager.arrival(header, name=SITE.cookie.name)
    arrival.sliding_since()
    session = SITE.manager.load(arrival, session_class=Session)
    assert bool(session) == (len(session) > 0), "true and empty, or the other way round"
    if session.new:
        assert len(session) == 0, "values without a cookie that opens"
    for key in session:
        assert key in session, "a key that is listed and not there"
        session[key]
    assert not session.modified, "changed by being read"
    assert len(session.sid) == 32, "no id"
    session.regenerate()
    session["later"] = [1]
    lines = [line for line in SITE.respond(session) if "; Max-Age=0" not in line]
    again = SITE.arrive_with("; ".join(line.partition(";")[0] for line in lines))
    assert again["later"] == [1], "what was written was lost"
    assert len(again) == len(session), "a value more or less after it was written"
    assert isinstance(again._origin, Arrival)
    assert not again._origin.reasons, "our own cookie was refused"
