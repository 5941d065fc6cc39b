"""The Authorization header: whose it is, and a session that works whatever stands in it.

The first octet says how the rest arrives: as the header itself, as a text behind the scheme, or as
a payload that is sealed properly, for a header or for a cookie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest

from cookie_sessions import clock, sealer
from cookie_sessions.authorization import token_in
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.session import Session
from cookie_sessions.token import TokenArrival, arrival_of
from tests.fuzz import envelope, vectors
from tests.plain import START, Site

HEADER, TEXT, SEALED, COOKIE = range(4)
WORDS: Final = (*envelope.WORDS, b"Session", b"session ", b"Bearer ", b"\t", b",", b"\xc2\xa0")

_OURS: Final = re.compile(r"(?is)[ \t]*session(?:[ \t](.*?))?[ \t]*")

with pytest.MonkeyPatch.context() as _patch:
    SITE: Final = Site(_patch, header=True, previous_names={"old": "2030-01-31"}, profile="granian")


def check(data: bytes) -> None:
    form, rest = (data[0] % 4, data[1:]) if data else (HEADER, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: START)
        if form == HEADER:
            header = rest.decode("latin-1")
            match = _OURS.fullmatch(header)
            expected = match and (match[1] or "").strip(" \t")
            assert token_in(header) == expected, "whose it is"
            if expected is not None:
                _use(header)
        elif form == TEXT:
            _use("Session " + rest.decode("latin-1"))
        elif form == SEALED:
            _use("session " + _sealed(rest))
        else:
            assert _use("Session " + SITE.forge(rest)).new, "a cookie was taken for a header"
    SITE.happened.clear()
    SITE.codec.unpacked.clear()
    SITE.codec.packed.clear()


def seeds() -> Iterator[bytes]:
    for text in (
        b"",
        b"Session",
        b"session \t a",
        b"Sessions a",
        b"Session a, Session b",
        b"Basic",
    ):
        yield bytes((HEADER,)) + text
    yield bytes((HEADER,)) + b"Session\xa0a"
    for text in vectors.texts():
        yield bytes((TEXT,)) + text
    for payload in vectors.payloads():
        yield bytes((SEALED,)) + payload
        yield bytes((COOKIE,)) + payload


def _sealed(payload: bytes) -> str:
    assert SITE.keys is not None
    place = TokenArrival(SITE.manager, "", SITE.cookie.name).place(SITE.cookie.name)
    return sealer.seal(payload, ring=SITE.keys, place=place, refreshable=False, now=START)


def _use(header: str) -> Session:
    """Open it, use it, write it, and open what was written."""
    arrival = arrival_of(SITE.manager, header, name=SITE.cookie.name)
    assert arrival is not None
    arrival.sliding_since()
    session = SITE.manager.load(arrival, session_class=Session)
    found = session.new
    for key in session:
        session[key]
    session["later"] = [1]
    (text,) = SITE.manager.seal(session, cookie=CookieAttributes("session"), expires=None)
    again = arrival_of(SITE.manager, f"Session {text}", name=SITE.cookie.name)
    assert again is not None
    assert SITE.manager.load(again, session_class=Session)["later"] == [1], "written and lost"
    assert not again.reasons, "our own was refused"
    assert found == session.new
    return session
