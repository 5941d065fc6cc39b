"""A hand-off as it arrives: whatever was sent, and whatever a source has sealed.

The first octet says how the rest arrives: as the text that a form sends, as a nonce, as a payload
that is sealed properly, or as one behind the right source and visit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ormsgpack import packb

from cookie_sessions import sealer
from cookie_sessions.errors import CookieSessionsError
from cookie_sessions.handoff import (
    PURPOSE,
    HandoffRefused,
    new_nonce,
    open_handoff,
    seal_handoff,
    visit_of,
)
from cookie_sessions.keys import KeyRing
from cookie_sessions.sealer import Place
from tests.fuzz import envelope
from tests.fuzz.attempt import attempt
from tests.plain import START, key

TEXT, NONCE, PAYLOAD, SAID = range(4)
WORDS: Final = (*envelope.WORDS, b"https://a.example", b"\x94", b"\x80", b"\x81", b"\xa3ann")

_A: Final = "https://a.example"
_B: Final = "https://b.example"
_RING: Final = KeyRing(key(1))
_NONCE_TEXT: Final = new_nonce(now=START)
_VISIT: Final = visit_of(_NONCE_TEXT, source=_A, target=_B)
_GOOD: Final = b"\x94" + packb(_A) + packb(_VISIT)


def check(data: bytes) -> None:
    form, rest = (data[0] % 4, data[1:]) if data else (TEXT, data)
    nonce, text, payload = _NONCE_TEXT, rest.decode("utf-8", "surrogateescape"), b""
    if form == NONCE:
        nonce, payload = text, _GOOD + packb("ann") + packb({})
    elif form != TEXT:
        payload = _GOOD + rest if form == SAID else rest
    if payload or form != TEXT:
        text = _sealed(payload)
    opened = attempt(
        lambda: open_handoff(
            text, ring=_RING, sources=frozenset({_A}), target=_B, nonce=nonce, now=START
        )
    )
    if isinstance(opened, CookieSessionsError):
        assert isinstance(opened, HandoffRefused), opened
        assert form != TEXT or not opened.was_ours, "a visit that anybody may end"
        return
    assert form != TEXT, "believed without a seal"
    assert nonce == _NONCE_TEXT, "believed in another browser"
    handed, once = opened
    said = [_A, _VISIT, handed.subject, dict(handed.claims)]
    assert packb(said) == payload, "believed for another visit, or not as it was said"
    kinds = {type(value).__name__ for value in handed.claims.values()}
    assert kinds <= {"str", "int", "float", "bool", "NoneType"}, "claims that nobody can say"
    again = seal_handoff(
        handed.subject,
        handed.claims,
        ring=_RING,
        source=handed.source,
        target=_B,
        visit=_VISIT,
        now=START,
    )
    reopened, same = open_handoff(
        again, ring=_RING, sources=frozenset({_A}), target=_B, nonce=nonce, now=START
    )
    assert repr(reopened.claims) == repr(handed.claims), "claims that can't be said again"
    assert (reopened.source, same) == (_A, once)


def seeds() -> Iterator[bytes]:
    for form in range(4):
        yield from (bytes((form,)) + rest for rest in (b"", b"x", b"A" * 80, b"\xff\xc3\xa9"))
    yield bytes((NONCE,)) + b"A" * 48
    for claims in ({}, {"a": 1}, {"a": None, "b": 1.5, "c": "\u00e9", "d": True}, {"a": [1]}):
        said = packb("ann") + packb(claims)
        yield bytes((SAID,)) + said
        yield bytes((PAYLOAD,)) + b"\x94" + packb(_A) + packb("v") + said
        yield bytes((PAYLOAD,)) + b"\x94" + packb(_B) + packb("v") + said


def _sealed(payload: bytes) -> str:
    place = Place(PURPOSE, _B, "")
    return sealer.seal(payload, ring=_RING, place=place, refreshable=False, now=START)
