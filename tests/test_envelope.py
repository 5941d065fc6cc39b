"""Text to fields and back, strictly: what would be written differently is refused."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cookie_sessions import envelope
from cookie_sessions.envelope import MAX_TEXT_OCTETS, REFRESHABLE, Head, aad, parse, peek, serialise
from cookie_sessions.errors import Reason, Rejected

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
HEADS = st.builds(
    Head,
    st.sampled_from([0, REFRESHABLE]),
    st.binary(min_size=4, max_size=4),
    st.integers(0, 2**32 - 1),
)
SEALS = st.binary(min_size=40, max_size=400)
TEXTS = st.text(max_size=20)
HEAD = Head(REFRESHABLE, b"\xfa\xce\xb0\x0c", 1_700_000_000)


def text_of(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def reason(text: str) -> Reason:
    with pytest.raises(Rejected) as caught:
        parse(text)
    assert caught.value.__cause__ is None
    return caught.value.reason


def attempt(text: str) -> tuple[Head, bytes] | Reason:
    try:
        return parse(text)
    except Rejected as rejected:
        return rejected.reason


@given(HEADS, SEALS)
def test_what_was_written_is_read(head: Head, sealed: bytes) -> None:
    text = serialise(head, sealed)
    assert set(text) <= set(ALPHABET)
    assert parse(text) == (head, sealed)
    assert peek(text) == head


@given(HEADS, SEALS)
def test_the_header_stands_as_the_format_says(head: Head, sealed: bytes) -> None:
    octets = bytes((1, head.flags)) + head.kid + head.sealed_at.to_bytes(4, "big")
    assert head.octets() == octets
    assert serialise(head, sealed) == text_of(octets + sealed)
    assert head.refreshable == (head.flags == 1)


@given(st.text(ALPHABET + "=+/~.\n\0é\ud800", max_size=90) | st.text(max_size=90))
@example("")
def test_any_text_is_refused_or_is_written_the_same_again(text: str) -> None:
    outcome = attempt(text)
    if isinstance(outcome, Reason):
        assert outcome in {Reason.MALFORMED, Reason.MISSING_CHUNK, Reason.UNKNOWN_VERSION}
    else:
        assert serialise(*outcome) == text
        assert peek(text) == outcome[0]


@given(st.binary(max_size=90))
def test_any_octets_are_refused_or_are_written_the_same_again(octets: bytes) -> None:
    text = text_of(b"\x01\x00" + octets)
    outcome = attempt(text)
    if isinstance(outcome, Reason):
        assert outcome is Reason.MALFORMED
        assert len(octets) < 48
    else:
        assert serialise(*outcome) == text


@pytest.mark.parametrize("length", [40, 41, 42])
def test_of_all_endings_only_those_without_spare_bits_are_read(length: int) -> None:
    text = serialise(HEAD, bytes(length))
    whole = text[: len(text) // 4 * 4]
    assert len(text) - len(whole) == {40: 3, 41: 0, 42: 2}[length]
    accepted: list[str] = []
    for ending in (
        ALPHABET
        if len(text) == len(whole)
        else ([one + two for one in ALPHABET for two in ALPHABET])
    ):
        changed = text[: -len(ending)] + ending
        outcome = attempt(changed)
        if isinstance(outcome, Reason):
            assert outcome is Reason.MALFORMED
        else:
            assert serialise(*outcome) == changed
            accepted.append(ending)
    # Three characters hold two spare bits, two hold four, four hold none.
    assert len(accepted) == {40: 64 * 16, 41: 64, 42: 64 * 4}[length]


def test_a_lone_last_character_is_malformed() -> None:
    for length in range(40, 44):
        text = serialise(HEAD, bytes(length))
        text += "A" * (-len(text) % 4)
        for character in ALPHABET:
            assert reason(text + character) is Reason.MALFORMED


@pytest.mark.parametrize(
    "foreign", [*"=+/ \t\r\n\0\x7f\x85\xa0,;\"'%.", "é", "\uff21", "\ud800", "=="]
)
def test_a_foreign_character_anywhere_is_malformed(foreign: str) -> None:
    text = serialise(HEAD, bytes(44))
    for position in range(len(text) + 1):
        assert reason(text[:position] + foreign + text[position:]) is Reason.MALFORMED
        assert reason(text[:position] + foreign + text[position + 1 :]) is Reason.MALFORMED


@pytest.mark.parametrize("foreign", [".", "..", "..."])
def test_a_foreign_character_is_malformed_whatever_the_last_one_is(foreign: str) -> None:
    """The decoder skips the foreign one, and what remains can have a length that fits."""
    for length in range(40, 44):
        text = serialise(HEAD, bytes(length))[:-1]
        for last in ALPHABET:
            for position in (0, len(text)):
                changed = text[:position] + foreign + text[position:] + last
                assert reason(changed) is Reason.MALFORMED


def test_padding_is_malformed_where_an_ordinary_decoder_wants_it() -> None:
    for length in range(40, 44):
        text = serialise(HEAD, bytes(length))
        for padding in ("=", "==", "===", "===="):
            assert reason(text + padding) is Reason.MALFORMED


def test_every_shorter_text_is_malformed() -> None:
    text = serialise(HEAD, bytes(40))
    assert parse(text) == (HEAD, bytes(40))
    for length in range(len(text)):
        assert reason(text[:length]) is Reason.MALFORMED


def test_every_other_version_is_unknown_whatever_follows() -> None:
    for version in (0, *range(2, 256)):
        for rest in (b"", HEAD.octets()[1:] + bytes(40), b"\xff" * 80):
            assert reason(text_of(bytes((version,)) + rest)) is Reason.UNKNOWN_VERSION
        assert peek(text_of(bytes((version,)) + HEAD.octets()[1:] + bytes(40))) is None


def test_every_other_flag_is_malformed() -> None:
    for flags in range(2, 256):
        text = text_of(bytes((1, flags)) + HEAD.octets()[2:] + bytes(40))
        assert reason(text) is Reason.MALFORMED
        assert peek(text) is None


def test_a_text_beyond_the_bound_is_too_large_before_it_is_decoded() -> None:
    longest = serialise(HEAD, bytes(MAX_TEXT_OCTETS * 3 // 4 - envelope.HEADER_OCTETS))
    assert len(longest) == MAX_TEXT_OCTETS
    assert parse(longest)[0] == HEAD
    for text in (longest + "A", "~" * 10**6, "é" * (MAX_TEXT_OCTETS + 1)):
        assert reason(text) is Reason.TOO_LARGE


@pytest.mark.parametrize("rest", ["", "2", "2.abc", "A" * 100, "é", "\0"])
def test_the_reserved_split_form_has_its_own_reason(rest: str) -> None:
    assert reason("~" + rest) is Reason.MISSING_CHUNK
    assert peek("~" + rest) is None


@given(st.text(ALPHABET + "=~é", max_size=40) | HEADS.map(lambda head: text_of(head.octets())))
def test_a_peek_sees_what_a_parse_of_the_whole_would_see(start: str) -> None:
    text = start + "A" * (68 - len(start) % 4)
    head = peek(text)
    try:
        assert head == parse(text)[0]
    except Rejected:
        # What follows the header may be wrong, but not where the header itself is refused.
        assert head is None or len(start) > 16


@pytest.mark.parametrize("text", ["", "A", "AQ", "AQAAAAAAAAAAAAAA", "é" * 40, "\ud800" * 40])
def test_a_peek_at_garbage_sees_nothing(text: str) -> None:
    assert peek(text) is None


PLACES = st.tuples(HEADS, TEXTS, TEXTS, TEXTS)


@given(PLACES, PLACES)
def test_no_two_places_give_the_same_octets(
    one: tuple[Head, str, str, str], other: tuple[Head, str, str, str]
) -> None:
    made = [
        aad(head, purpose=purpose, name=name, audience=audience)
        for head, purpose, name, audience in (one, other)
    ]
    assert (made[0] == made[1]) == (one == other)


@given(st.text("ab", max_size=6), st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_moving_a_border_between_the_parts_gives_other_octets(
    text: str, first: int, second: int, third: int
) -> None:
    def split(border: int, other: int) -> tuple[str, str, str]:
        low, high = sorted((border % (len(text) + 1), other % (len(text) + 1)))
        return text[:low], text[low:high], text[high:]

    places = {split(first, second), split(second, third), split(first, third)}
    octets = {aad(HEAD, purpose=p, name=n, audience=a) for p, n, a in places}
    assert len(octets) == len(places)


def test_a_place_is_written_as_the_format_says() -> None:
    octets = aad(HEAD, purpose="session", name="sid", audience="é")
    assert octets == HEAD.octets() + b"\0\x07session\0\x03sid\0\x02\xc3\xa9"
