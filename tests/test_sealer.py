"""A sealed cookie opens whole, with its one key, in its one place, or not at all."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions import envelope, sealer
from cookie_sessions.clock import SKEW
from cookie_sessions.envelope import Head
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.keys import Key, KeyRing
from cookie_sessions.sealer import Opened, Place

NOW = 1_750_000_000
ONE, TWO, THREE = (Key(bytes((number,)) * 32) for number in (1, 2, 3))
RING = KeyRing(ONE, TWO)
PLACE = Place("session", "sid", "shop")
PLAINTEXT = b"0123456789 the payload"
ALPHABET = string.ascii_letters + string.digits + "-_"


def sealed(*, ring: KeyRing = RING, place: Place = PLACE, refreshable: bool = True) -> str:
    return sealer.seal(PLAINTEXT, ring=ring, place=place, refreshable=refreshable, now=NOW + 0.9)


def opened(text: str, *, ring: KeyRing = RING, place: Place = PLACE, now: float = NOW) -> Opened:
    return sealer.open_text(text, ring=ring, place=place, now=now)


def reason(text: str, *, ring: KeyRing = RING, place: Place = PLACE, now: float = NOW) -> Reason:
    with pytest.raises(Rejected) as caught:
        opened(text, ring=ring, place=place, now=now)
    assert caught.value.__cause__ is None
    return caught.value.reason


def octets_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def test_what_was_sealed_is_not_to_be_read_in_the_text() -> None:
    plaintext = bytes(range(256))
    place = Place("session", "name", "")
    text = sealer.seal(plaintext, ring=RING, place=place, refreshable=False, now=NOW)
    octets = octets_of(text)
    assert not any(plaintext[at : at + 4] in octets for at in range(253))


@given(st.binary(max_size=300), st.booleans(), st.text(max_size=9), st.text(max_size=9))
def test_what_was_sealed_opens(
    plaintext: bytes, refreshable: bool, name: str, audience: str
) -> None:
    place = Place("session", name, audience)
    text = sealer.seal(plaintext, ring=RING, place=place, refreshable=refreshable, now=NOW + 0.9)
    head = Head(int(refreshable), ONE.kid, NOW)
    assert opened(text, place=place) == Opened(head, plaintext, needs_reseal=False)
    assert envelope.peek(text) == head


def test_every_flipped_bit_of_every_octet_is_refused() -> None:
    octets = octets_of(sealed())
    assert opened(text_of(octets)).plaintext == PLAINTEXT
    met: set[tuple[int, Reason]] = set()
    for position in range(len(octets)):
        for bit in range(8):
            flipped = bytearray(octets)
            flipped[position] ^= 1 << bit
            met.add((min(position, 10), reason(text_of(bytes(flipped)))))
    assert met == {
        (0, Reason.UNKNOWN_VERSION),
        (1, Reason.BAD_SEAL),
        (1, Reason.MALFORMED),
        *((position, Reason.UNKNOWN_KID) for position in range(2, 6)),
        *((position, Reason.BAD_SEAL) for position in range(6, 11)),
        *((position, Reason.NOT_YET_VALID) for position in range(6, 9)),
    }


def test_every_other_character_at_every_place_is_refused() -> None:
    text = sealed()
    for position, character in enumerate(text):
        for other in ALPHABET + "=+/~. \0é":
            if other != character:
                reason(text[:position] + other + text[position + 1 :])


def test_every_truncation_is_refused() -> None:
    text = sealed()
    octets = octets_of(text)
    for length in range(len(text)):
        reason(text[:length])
        reason(text[length + 1 :])
    for length in range(len(octets)):
        expected = Reason.MALFORMED if length < 50 else Reason.BAD_SEAL
        assert reason(text_of(octets[:length])) is expected
    assert reason(text_of(octets + b"\0")) is Reason.BAD_SEAL


@pytest.mark.parametrize(
    "place",
    [
        Place("csrf", "sid", "shop"),
        Place("session", "sid2", "shop"),
        Place("session", "__Host-sid", "shop"),
        Place("session", "sid", "shop2"),
        Place("session", "sid", ""),
        Place("session", "", "sidshop"),
        Place("session", "sids", "hop"),
    ],
)
def test_another_place_is_a_bad_seal(place: Place) -> None:
    assert reason(sealed(), place=place) is Reason.BAD_SEAL
    assert reason(sealed(place=place)) is Reason.BAD_SEAL
    assert opened(sealed(place=place), place=place).plaintext == PLAINTEXT


def test_a_key_that_the_ring_has_not_is_unknown() -> None:
    assert reason(sealed(ring=KeyRing(THREE))) is Reason.UNKNOWN_KID
    assert reason(sealed(), ring=KeyRing(TWO, THREE)) is Reason.UNKNOWN_KID


def test_a_seal_that_names_another_key_of_the_ring_is_not_tried_with_its_own() -> None:
    octets = octets_of(sealed())
    assert octets[2:6] == ONE.kid
    assert reason(text_of(octets[:2] + TWO.kid + octets[6:])) is Reason.BAD_SEAL


def test_a_revoked_key_opens_nothing_and_says_so() -> None:
    revoked = KeyRing(TWO, revoked=[ONE.kid])
    assert reason(sealed(), ring=revoked) is Reason.KEY_REVOKED


def test_only_a_seal_of_another_key_than_the_primary_is_to_be_renewed() -> None:
    text = sealed()
    assert not opened(text).needs_reseal
    assert not opened(text, ring=KeyRing(Key(bytes((1,)) * 32), TWO, THREE)).needs_reseal
    for ring in (KeyRing(TWO, ONE), KeyRing(THREE, TWO, ONE), KeyRing(THREE, ONE, TWO)):
        assert opened(text, ring=ring).needs_reseal
        assert opened(text, ring=ring).plaintext == PLAINTEXT


@pytest.mark.parametrize(("now", "valid"), [(NOW - SKEW, True), (NOW - SKEW - 1, False)])
def test_a_seal_from_beyond_the_allowance_is_not_yet_valid(now: int, valid: bool) -> None:
    if valid:
        assert opened(sealed(), now=now).plaintext == PLAINTEXT
    else:
        assert reason(sealed(), now=now) is Reason.NOT_YET_VALID


def test_the_primary_seals_and_flags_and_time_stand_in_the_clear() -> None:
    head = envelope.peek(sealed(ring=KeyRing(TWO, ONE), refreshable=False))
    assert head == Head(0, TWO.kid, NOW)
    assert PLAINTEXT not in octets_of(sealed())


def test_what_was_opened_shows_how_long_it_is_and_nothing_of_it() -> None:
    found = opened(sealed())
    assert repr(found) == f"<Opened payload of {len(found.plaintext)} octets>"


def test_no_two_seals_of_one_payload_are_alike() -> None:
    assert len({sealed() for _ in range(100)}) == 100


@given(st.text(max_size=120) | st.text(ALPHABET, min_size=60, max_size=300))
def test_text_that_nobody_sealed_is_refused(text: str) -> None:
    reason(text)
