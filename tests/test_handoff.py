"""What one origin says of a user to another: whole, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ormsgpack import packb

from cookie_sessions import handoff, sealer
from cookie_sessions.handoff import (
    PURPOSE,
    HandedOff,
    HandoffRefused,
    is_visit,
    new_nonce,
    open_handoff,
    origin_of,
    seal_handoff,
    visit_of,
)
from cookie_sessions.keys import KeyRing
from cookie_sessions.sealer import Place
from tests.plain import START, key

A, B, C = "https://a.example", "https://b.example:8443", "https://c.example"
RING = KeyRing(key(1))

CLAIMS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    max_size=4,
)


def sealed(
    nonce: str, *, subject: str = "ann", claims: Any = None, source: str = A, **other: Any
) -> str:
    visit = visit_of(nonce, source=other.pop("asked", source), target=B)
    given_: dict[str, Any] = {"ring": RING, "target": B, "visit": visit, "now": START, **other}
    return seal_handoff(subject, claims or {}, source=source, **given_)


def opened(text: str, nonce: str, **other: Any) -> HandedOff:
    given_: dict[str, Any] = {
        "ring": RING,
        "sources": {A},
        "target": B,
        "nonce": nonce,
        "now": START,
        **other,
    }
    return open_handoff(text, **given_)[0]


def refusal(text: str, nonce: str, **other: Any) -> str:
    with pytest.raises(HandoffRefused) as caught:
        opened(text, nonce, **other)
    return caught.value.why


@given(subject=st.text(st.characters(codec="utf-8"), min_size=1, max_size=64), claims=CLAIMS)
def test_what_was_sealed_comes_back_with_its_types(subject: str, claims: dict[str, Any]) -> None:
    nonce = new_nonce(now=START)
    assert is_visit(visit_of(nonce, source=A, target=B))
    handed = opened(sealed(nonce, subject=subject, claims=claims), nonce)
    assert handed == HandedOff(subject, claims, A)
    assert repr(handed.claims) == repr(claims)
    assert subject not in repr(handed) or subject in "<HandedOff from https://a.example>"


def test_each_nonce_is_another_and_a_visit_is_of_one_nonce_source_and_target() -> None:
    nonces = {new_nonce(now=START) for _ in range(100)}
    assert len(nonces) == 100
    one, two, *_ = nonces
    visits = {
        visit_of(nonce, source=source, target=target)
        for nonce in (one, two)
        for source, target in ((A, B), (B, A), (A, C), ("https://a.example:8", "443"))
    }
    assert len(visits) == 8


def test_everything_that_it_is_bound_to_counts() -> None:
    nonce, other = new_nonce(now=START), new_nonce(now=START)
    text = sealed(nonce)
    assert opened(text, nonce).subject == "ann"
    assert refusal(text, nonce, target=C) == "bad_seal"
    assert refusal(text, nonce, ring=KeyRing(key(2))) == "unknown_kid"
    assert refusal(text, nonce, sources={C}) == "unknown_source"
    assert refusal(text, nonce, sources=()) == "unknown_source"
    assert refusal(text, other) == "other_visit"
    assert refusal(sealed(nonce, asked=C), nonce) == "other_visit"
    for absent in ("", "x", nonce + "A", nonce[:-1], nonce[:-1] + "=", f" {nonce}"):
        assert refusal(text, absent) == "no_nonce"


@pytest.mark.parametrize(
    ("seconds", "why"),
    [(0, ""), (59, ""), (60, "late"), (-60, ""), (-61, "late"), (-302, "not_yet_valid")],
)
def test_it_counts_for_a_minute_and_clocks_may_differ_by_one(seconds: float, why: str) -> None:
    nonce = new_nonce(now=START)
    now = int(START) + seconds
    if why:
        assert refusal(sealed(nonce), nonce, now=now) == why
    else:
        assert opened(sealed(nonce), nonce, now=now)


def test_a_visit_that_began_long_ago_or_is_to_begin_is_over() -> None:
    for began, why in ((-600, "visit_over"), (301, "visit_over")):
        nonce = new_nonce(now=START + began)
        assert refusal(sealed(nonce), nonce) == why
    for began in (-599, 299):
        nonce = new_nonce(now=START + began)
        assert opened(sealed(nonce), nonce)


def test_a_visit_is_remembered_for_longer_than_any_clock_finds_it_open() -> None:
    nonce = new_nonce(now=START)
    _, once = open_handoff(sealed(nonce), ring=RING, sources={A}, target=B, nonce=nonce, now=START)
    slow = once.ends - 300
    text = sealed(nonce, now=slow)
    assert refusal(text, nonce, now=slow) == "visit_over"
    assert nonce[:20] not in once.name


@pytest.mark.parametrize(
    "payload",
    [
        [A, "{visit}", "ann"],
        [A, "{visit}", "ann", {}, 1],
        [A, "{visit}", 7, {}],
        [A, "{visit}", "", {}],
        [A, "{visit}", "ann", []],
        [A, "{visit}", "ann", {"a": []}],
        [A, None, "ann", {}],
        [None, "{visit}", "ann", {}],
        {"a": 1, "b": 2, "c": 3, "d": 4},
        "four",
        7,
    ],
)
def test_what_another_release_may_seal_is_refused(payload: Any) -> None:
    nonce = new_nonce(now=START)
    visit = visit_of(nonce, source=A, target=B)
    if isinstance(payload, list):
        payload = [visit if each == "{visit}" else each for each in payload]
    place = Place(PURPOSE, B, "")
    for plaintext in (packb(payload), packb(payload) + b"\0"):
        text = sealer.seal(plaintext, ring=RING, place=place, refreshable=False, now=START)
        assert refusal(text, nonce) == "undecodable"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example/x/y", "https://a.example"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://[::1]:5000/x", "http://[::1]:5000"),
    ],
)
def test_the_origin_of_a_url_is_all_before_its_path(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_the_constants_are_those_of_the_documentation() -> None:
    assert (handoff.SECONDS, handoff.VISIT_SECONDS, handoff.MAX_OCTETS) == (60, 600, 1_024)
