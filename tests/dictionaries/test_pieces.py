from __future__ import annotations

import re
import time
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.timing import undisturbed
from cookie_sessions.codec import DEFAULT_SECRET_NAMES, Codec
from cookie_sessions.dictionaries.pieces import is_plain, is_secret, pieces_of
from tests.codec.strategies import VALUES

CODEC = Codec()
SECRET = {
    *("password", "api_key", "api-key", "user_pin", "userPin", "card-number", "recoveryCodes"),
    *("iBAN", "sSN", "pIN", "cSRFToken", "oTP", "card number"),
}
"""Names in the ways in which they are written."""


def shown(value: Any, secret_names: frozenset[str] = DEFAULT_SECRET_NAMES) -> bytes:
    """What of a value may be told, as one text; what is left out is a NUL."""
    segment = CODEC.segment("x", CODEC.to_wire("x", value, CODEC.pack(value)))
    assert segment is not None
    return b"".join(piece or b"\0" for piece in pieces_of(segment, secret_names=secret_names))


@pytest.mark.parametrize(
    "private",
    [
        "mira.testmann@example.org",
        "+49 170 123 45 67",
        "(555) 867-5309",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "192.168.17.23",
        "2001:db8:85a3::8a2e:370:7334",
        "0:0:0:0:0:ffff:192.168.117.210",
        "64::192.168.117.210",
        "+49 30 1234-56-78",
        "9f86d081884c7d659a2feaa0c55ad015",
        str(uuid.UUID(int=0x1234567890ABCDEF1234567890ABCDEF)),
        "sk_live_51H8xYzAbCdE",
        "dGhpcyBpcyBhIHRva2VuIDEyMzQ1",
        "AbCdEfGhIjKlMnOp",
        "xkcdqwrtzpsd",
        "8675309",
    ],
)
def test_what_looks_personal_or_random_is_no_piece_whatever_it_stands_in(private: str) -> None:
    told = shown({"note": f"we know {private} since long"})
    assert b"since" in told
    local = private.partition("@")[0]
    for part in re.findall(r"[A-Za-z]{4,}|[0-9]{3,}", local):
        assert part.encode() not in told


@pytest.mark.parametrize("name", sorted(DEFAULT_SECRET_NAMES | SECRET))
def test_nothing_below_a_secret_name_is_a_piece_at_any_depth(name: str) -> None:
    for value in (
        {name: "confidential words"},
        {"deep": [{"deeper": {name: {"more": ["confidential words"]}}}]},
        {1: "shared", name: "confidential words"},
        [{"item": "shared", name: "confidential words"} for _ in range(20)],
    ):
        told = shown(value)
        assert b"confidential" not in told
        assert b"words" not in told


@pytest.mark.parametrize(
    "text",
    [
        '{"item": "shared", "password": "confidential words"}',
        '{"a": {\\"userPin\\": \\"confidential words\\"}}',
        "/sign-in?item=shared&password=confidential%20words",
        "/sign-in?item=shared&password%3Dconfidential%20words",
        "item: shared, card-number: confidential words",
        "list[diagnosis]=confidential words",
        '{"card number": "confidential words"}',
        "item=shared&security+answer=confidential+words",
        "item=shared&security%20answer=confidential%20words",
        "item=shared&data%5Bpassword%5D=confidential+words",
        "item=shared&q=%7B%22password%22%3A%22confidential%20words%22%7D",
        "item=shared&next=%2Fa%3Fpassword%253Dconfidential%2520words",
        "item: shared, &quot;password&quot;:&quot;confidential words&quot;",
    ],
)
def test_nothing_behind_a_secret_name_in_a_text_is_a_piece(text: str) -> None:
    told = shown({"note": text}, DEFAULT_SECRET_NAMES | {"diagnosis"})
    assert b"confidential" not in told
    assert b"words" not in told
    assert (b"shared" in told) == ("shared" in text)


@pytest.mark.parametrize("name", [b"shipping", b"spin", b"opinion", b"passengers", b"pwned"])
def test_names_that_only_look_like_secret_ones_are_none(name: bytes) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    "text",
    ["a" * 32_000, "a!" * 16_000, "0" * 32_000, "a@b " * 8_000, "a.b-" * 8_000, '"' * 32_000],
)
def test_a_long_text_takes_time_by_its_length_and_not_by_its_square(text: str) -> None:
    segment = CODEC.pack({"note": text})
    with undisturbed():
        begin = time.thread_time()
        pieces_of(segment)
        taken = time.thread_time() - begin
    # By the square it takes two seconds and more.
    assert taken < 1


def test_what_stands_beside_a_secret_is_told_in_rows_that_became_a_table() -> None:
    rows = [{"item": "lantern", "nonce": "confidential", "size": 2} for _ in range(20)]
    assert b"lantern" in shown(rows)


def test_names_that_the_operator_calls_secret_are_secret_below_the_top_too() -> None:
    value = {"ward": {"diagnosis": "confidential words"}}
    assert b"confidential" in shown(value)
    assert b"confidential" not in shown(value, DEFAULT_SECRET_NAMES | {"diagnosis"})


def test_words_dates_and_the_structure_around_them_are_pieces() -> None:
    told = shown({"name": "Enamel Mug, slate, 350 ml", "since": "2025-03-10"})
    for public in (b"\xa4name", b"Enamel", b", ", b"slate", b"350", b"2025", b"\xa5since"):
        assert public in told


@given(VALUES)
def test_pieces_stand_in_the_value_in_their_order(value: Any) -> None:
    segment = CODEC.pack(value)
    at = 0
    for piece in pieces_of(segment):
        if piece is not None:
            at = segment.index(piece, at) + len(piece)


@given(st.binary(max_size=200))
def test_octets_that_are_no_value_have_no_pieces_and_raise_nothing(octets: bytes) -> None:
    pieces = pieces_of(octets)
    assert all(piece is None or piece in octets for piece in pieces)
    assert pieces_of(b"\xc1" + octets) == []


def test_octets_that_nest_deeper_than_any_value_have_no_pieces() -> None:
    assert b"lantern" in shown([[["lantern and more of them"]]])
    for nesting in (b"\x91", b"\x81\xa4name"):
        assert pieces_of(nesting * 5_000 + CODEC.pack("lantern")) == []


def test_below_a_secret_name_among_very_many_nothing_is_a_piece() -> None:
    told = shown({**{f"item {n}": "lantern" for n in range(20)}, "password": "confidential words"})
    assert told.count(b"lantern") == 20
    assert b"confidential" not in told


def test_a_table_of_other_columns_than_it_names_has_no_pieces() -> None:
    value = [{"item": "lantern", "size": n} for n in range(20)]
    octets = CODEC.segment("x", CODEC.to_wire("x", value, CODEC.pack(value)))
    assert octets is not None
    assert octets[0] == 0x94
    assert b"lantern" in b"".join(piece or b"" for piece in pieces_of(octets))
    for count in (0x93, 0x95):
        assert pieces_of(bytes((count,)) + octets[1:] + b"\xc0") == []


def test_the_local_part_of_a_quoted_or_encoded_address_is_no_piece() -> None:
    for address in ("mira.testmann%40example.org", '"mira testmann"@example.org'):
        told = shown({"note": f"we know {address} since long"})
        assert b"mira" not in told
        assert b"testmann" not in told


def test_digits_of_other_scripts_are_numbers_too() -> None:
    digits = "\u0660\u0661\u0662\u0663\u0664\u0665\u0666"
    assert digits.encode() not in shown({"note": f"we know {digits} since long"})


def test_a_short_float_of_another_writer_is_none_and_what_follows_is_read() -> None:
    pieces = pieces_of(b"\x92\xca\x3f\x80\x00\x00\xa5words")
    assert pieces == [b"\x92", b"\xca", None, b"\xa5words"]


def test_of_decimals_only_the_cents_of_prices_are_told() -> None:
    for number in (54321.75, 52.520008, 13.404954, float("nan"), 1e300):
        tail = CODEC.pack(number)[3:]
        assert tail not in shown({"number": number, "note": "we know it since long"})
    assert CODEC.pack(12.95)[3:] in shown({"number": 12.95, "note": "we know it since long"})


def test_names_that_tell_of_somebody_are_not_counted() -> None:
    assert is_plain(b"recently_viewed")
    assert not is_plain(b"seen:boss@example.com")
    assert not is_plain(b"call +49 170 1234567")
    assert not is_plain(b"x" * 65)
