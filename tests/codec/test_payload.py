from __future__ import annotations

from typing import Any

import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ormsgpack import Ext, packb

from cookie_sessions.codec import Codec
from cookie_sessions.codec.names import CODES, DEFAULT_SECRET_NAMES, STATIC_NAMES
from cookie_sessions.errors import Reason, Rejected, UsageError
from tests.codec.sameness import same
from tests.codec.strategies import ANY_TEXT, KEYS, VALUES

CODEC = Codec()
CLAIMS = b"claims"

NAMES = st.one_of(st.sampled_from(STATIC_NAMES), ANY_TEXT, KEYS)


def plaintext(entries: Any) -> bytes:
    return b"\x06" + CLAIMS + packb(entries, option=ormsgpack.OPT_NON_STR_KEYS)


def assert_refused(octets: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        CODEC.load_payload(octets)
    assert refusal.value.reason is Reason.UNDECODABLE


@given(st.binary(min_size=1, max_size=255), st.dictionaries(NAMES, VALUES, max_size=6))
def test_claims_and_values_come_back_in_order(claims: bytes, session: dict[Any, Any]) -> None:
    wires = {key: CODEC.to_wire(key, value, CODEC.pack(value)) for key, value in session.items()}
    octets = CODEC.dump_payload(claims, wires)
    read_claims, read = CODEC.load_payload(octets)
    assert read_claims == claims
    assert same({key: CODEC.from_wire(wire) for key, wire in read.items()}, session)
    assert CODEC.dump_payload(read_claims, read) == octets


def test_well_known_names_take_one_octet() -> None:
    for name in STATIC_NAMES:
        assert len(CODEC.dump_payload(CLAIMS, {name: True})) == 1 + len(CLAIMS) + 1 + 2


def test_the_static_names_are_frozen_in_their_order() -> None:
    assert len(STATIC_NAMES) == len(CODES) <= 128
    assert STATIC_NAMES[:10] == (
        "_permanent",
        "_user_id",
        "_fresh",
        "_id",
        "csrf_token",
        "_flashes",
        "_remember",
        "_remember_seconds",
        "next",
        "user_id",
    )
    assert CODES["impersonator_id"] == 102


def test_secret_names_hold_those_of_flask_wtf_and_the_oauth_states() -> None:
    assert {"csrf_token", "_csrf_token", "google_oauth_state"} <= DEFAULT_SECRET_NAMES


@pytest.mark.parametrize("claims", [b"", b"x" * 256])
def test_claims_outside_their_bounds_are_not_written(claims: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        CODEC.dump_payload(claims, {})


def test_a_key_that_is_not_kept_is_refused() -> None:
    with pytest.raises(UsageError):
        CODEC.dump_payload(CLAIMS, {object(): 1})


@pytest.mark.parametrize(
    "entries",
    [
        {len(STATIC_NAMES): 1},
        {127: 1},
        {128: 1},
        {-1: 1},
        {True: 1},
        {False: 1},
        {1.0: 1},
        {None: 1},
        {(1, 2): 1},
        {"_permanent": 1, 0: 2},
        {b"\xaa_permanent": 1, 0: 2},
        {b"": 1},
        {b"\xa1a": 1},
        {b"\xaa_permanent": 1},
        {b"\xc1": 1},
        {b"\x90": 1},
        {b"\x01\x01": 1},
        [],
        1,
    ],
    ids=repr,
)
def test_keys_that_are_never_written_are_refused(entries: Any) -> None:
    assert_refused(plaintext(entries))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x00",
        b"\x00\x80",
        b"\x01",
        b"\x01x",
        b"\x05x\x80",
        b"\x01x\x80\x00",
        b"\x01x\x80\xc0",
        b"\x01x\x82\xa1a\x01\xa1a\x01",
        b"\x01x\x81\xa1a",
        b"\x01x\x81\xd9\x01a\x01",
        b"\x01x\x81\xa1a\xcc\x01",
        b"\x01x\x81\xa1a\xca\x3f\x80\x00\x00",
        b"\x01x\xde\x00\x00",
        b"\x01x\xdf\xff\xff\xff\xff",
        b"\x01x\x81\xa1\xff\x01",
        b"\x01x\x81\xa1a\xc1",
        b"\x01x" + b"\x81\xa1a" * 2000 + b"\x80",
    ],
    ids=lambda octets: octets[:12].hex(),
)
def test_what_would_be_written_differently_is_refused(octets: bytes) -> None:
    assert_refused(octets)


@pytest.mark.parametrize("inline", [[1], {"a": 1}, {"a": [Ext(1, b"x")]}])
def test_a_container_inline_is_refused_when_it_is_read_and_written_as_it_came(
    inline: Any,
) -> None:
    octets = plaintext({"x": inline, "y": 5})
    claims, wires = CODEC.load_payload(octets)
    assert CODEC.from_wire(wires["y"]) == 5
    with pytest.raises(Rejected):
        CODEC.from_wire(wires["x"])
    assert CODEC.dump_payload(claims, wires) == octets
