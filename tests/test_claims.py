"""Claims to octets and back; nothing but Rejected for octets that are no claims."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.claims import MAX_FORMER_KIDS, SID_OCTETS, Claims
from cookie_sessions.errors import Reason, Rejected

SECONDS = st.integers(0, 2**32 - 1)
SPANS = st.integers(0, 300) | st.integers(0, 2**40)
KIDS = st.binary(min_size=4, max_size=4)
UNKNOWN_TAGS = st.just(6) | st.integers(9, 0x7F)

BASE = Claims(sid=bytes(range(16)), iat=1_700_000_000, since=1_700_000_000_250, until=1_700_003_600)


def _claims(
    sid: bytes,
    iat: int,
    since: int,
    until: int,
    auth: int | None,
    subject: bytes | None,
    bindings: bytes,
    former: list[bytes],
    imported: bytes,
    lasts: int | None,
    beside: bytes,
    unknown: dict[int, bytes],
) -> Claims:
    return Claims(
        sid=sid,
        iat=iat,
        since=iat * 1000 + since,
        until=iat + until,
        auth_time=None if auth is None else iat + auth,
        subject=subject,
        bindings=bindings,
        former_kids=tuple(former),
        imported_from=imported,
        lasts=lasts,
        beside=beside,
        unknown=tuple(sorted(unknown.items())),
    )


CLAIMS = st.builds(
    _claims,
    st.binary(min_size=16, max_size=16),
    SECONDS,
    SPANS,
    SPANS,
    st.none() | SPANS,
    st.none() | st.binary(max_size=40),
    st.binary(max_size=20),
    st.lists(KIDS, max_size=MAX_FORMER_KIDS),
    st.just(b"") | st.binary(min_size=8, max_size=8),
    st.none() | SPANS,
    st.just(b"") | st.binary(min_size=8, max_size=8),
    st.dictionaries(UNKNOWN_TAGS, st.binary(max_size=200), max_size=4),
)


def reason(octets: bytes) -> Reason:
    with pytest.raises(Rejected) as caught:
        Claims.from_octets(octets)
    return caught.value.reason


def attempt(octets: bytes) -> Claims | Reason:
    try:
        return Claims.from_octets(octets)
    except Rejected as rejected:
        return rejected.reason


@given(CLAIMS)
def test_what_was_packed_is_unpacked_with_unknown_claims_in_their_order(claims: Claims) -> None:
    octets = claims.to_octets()
    assert Claims.from_octets(octets) == claims
    assert Claims.from_octets(octets).to_octets() == octets


@given(st.binary(max_size=80), CLAIMS, st.integers(0, 100), st.booleans())
def test_any_octets_are_refused_or_are_packed_the_same_again(
    noise: bytes, claims: Claims, cut: int, whole: bool
) -> None:
    octets = noise if whole else claims.to_octets()[:-cut] + noise
    outcome = attempt(octets)
    if isinstance(outcome, Reason):
        assert outcome in {Reason.UNDECODABLE, Reason.UNKNOWN_VERSION}
    else:
        assert outcome.to_octets() == octets


def test_claims_are_packed_as_the_format_says() -> None:
    start = bytes(range(16)) + (1_700_000_000).to_bytes(4, "big")
    assert BASE.to_octets() == start + b"\xfa\x01" + b"\x90\x1c"
    full = BASE._replace(
        auth_time=BASE.iat + 5,
        subject=b"s",
        bindings=b"bb",
        former_kids=(b"kid1", b"kid2"),
        imported_from=b"a cookie",
        lasts=300,
        beside=b"a friend",
        unknown=((0x06, b""), (0x7F, b"later")),
    )
    assert full.to_octets() == BASE.to_octets() + (
        b"\x01\x01\x05" + b"\x02\x01s" + b"\x03\x02bb" + b"\x04\x08kid1kid2" + b"\x05\x08a cookie"
        b"\x06\x00\x07\x02\xac\x02\x08\x08a friend\x7f\x05later"
    )


def test_every_truncation_is_undecodable_or_ends_at_a_border() -> None:
    full = BASE._replace(auth_time=BASE.iat + 500, subject=b"s", unknown=((0x44, b"later"),))
    octets = full.to_octets()
    borders = {
        len(part.to_octets())
        for part in (BASE, BASE._replace(auth_time=full.auth_time), full._replace(unknown=()))
    }
    for length in range(len(octets)):
        if length in borders:
            assert Claims.from_octets(octets[:length]).to_octets() == octets[:length]
        else:
            assert reason(octets[:length]) is Reason.UNDECODABLE


def test_an_unknown_critical_claim_is_another_version() -> None:
    for tag in range(0x80, 0x100):
        assert reason(BASE.to_octets() + bytes((tag, 1, 0))) is Reason.UNKNOWN_VERSION


def test_a_longer_form_of_a_number_is_undecodable() -> None:
    start = BASE.to_octets()[:20]
    assert Claims.from_octets(start + b"\x00\x00").until == BASE.iat
    for since, until in (
        (b"\x80\x00", b"\x00"),
        (b"\x00", b"\x80\x00"),
        (b"\xff\x00", b"\x00"),
        (b"\xff" * 8 + b"\x00", b"\x00"),
        (b"\xff" * 9 + b"\x01", b"\x00"),
        (b"\xff" * 200, b"\x00"),
        (b"", b""),
        (b"\x80", b""),
    ):
        assert reason(start + since + until) is Reason.UNDECODABLE
    assert reason(BASE.to_octets() + b"\x01\x02\x80\x00") is Reason.UNDECODABLE
    assert reason(BASE.to_octets() + b"\x06\x81\x00a") is Reason.UNDECODABLE


@pytest.mark.parametrize(
    "fields",
    [
        b"\x02\x01s\x01\x01\x05",
        b"\x02\x01s\x02\x01s",
        b"\x00\x01s",
        b"\x06\x00\x06\x00",
        b"\x07\x00\x06\x00",
        b"\x90\x00\x90\x00",
    ],
    ids=["unsorted", "twice", "tag zero", "unknown twice", "unknown unsorted", "critical twice"],
)
def test_unsorted_and_duplicate_claims_are_undecodable(fields: bytes) -> None:
    assert reason(BASE.to_octets() + fields) is Reason.UNDECODABLE


@pytest.mark.parametrize(
    "fields",
    [
        b"\x01\x00",
        b"\x01\x02\x05\x05",
        b"\x03\x00",
        b"\x04\x00",
        b"\x04\x03kid",
        b"\x04\x05kid1k",
        b"\x04\x24" + b"kid." * 9,
        b"\x02\x05subj",
        b"\x02",
        b"\x02\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
    ids=[
        *("no time", "time and more", "no binding", "no kid", "three octets of a kid"),
        *("a kid and a piece", "nine kids", "too short", "no length", "a huge length"),
    ],
)
def test_a_claim_of_the_wrong_size_is_undecodable(fields: bytes) -> None:
    assert reason(BASE.to_octets() + fields) is Reason.UNDECODABLE


def test_a_session_begins_with_a_fresh_id_and_its_times(monkeypatch: pytest.MonkeyPatch) -> None:
    system = os.urandom
    asked: list[int] = []

    def watched(size: int) -> bytes:
        asked.append(size)
        return system(size)

    monkeypatch.setattr(os, "urandom", watched)
    made = [Claims.begin(now=1_700_000_000.2567, until=1_700_003_600) for _ in range(20)]
    assert asked == [SID_OCTETS] * 20
    assert len({claims.sid for claims in made}) == 20
    for claims in made:
        assert (claims.iat, claims.since) == (1_700_000_000, 1_700_000_000_000)
        assert claims.until == 1_700_003_600
        assert claims[4:] == (None, None, b"", (), b"", None, b"", ())


def test_no_id_tells_anything_of_another() -> None:
    """Each of the 128 bits is set in some of many ids, and in others not."""
    ids = [int.from_bytes(Claims.begin(now=1.0, until=2).sid) for _ in range(200)]
    assert len(set(ids)) == len(ids)
    for bit in range(8 * SID_OCTETS):
        assert {number >> bit & 1 for number in ids} == {0, 1}


def test_no_session_ends_before_it_begins() -> None:
    assert Claims.begin(now=1_700_000_000.9, until=0).until == 1_700_000_000


def test_another_id_or_end_changes_nothing_else() -> None:
    renamed = BASE.renamed()
    assert renamed.sid != BASE.sid
    assert renamed._replace(sid=BASE.sid) == BASE
    later = BASE._replace(until=BASE.until + 1)
    assert BASE.to_octets(until=BASE.until + 1) == later.to_octets()


def test_the_id_and_the_subject_never_show() -> None:
    claims = BASE._replace(subject=b"alice", former_kids=(b"kid1",))
    assert repr(claims) == str(claims) == "<Claims iat=1700000000 until=1700003600>"
