from __future__ import annotations

import os
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from ormsgpack import packb

from cookie_sessions.codec import DEFAULT_SECRET_NAMES, Codec
from cookie_sessions.codec.compress import Dictionary
from cookie_sessions.errors import ConfigurationError
from tests.codec.strategies import VALUES
from tests.together import run_together

CODEC = Codec()
LINE = {"sku": "LX-2044", "name": "Oak Stool", "qty": 1, "price": 49.5, "currency": "EUR"}
CART = [LINE | {"qty": number} for number in range(8)]


def wire_of(name: object, value: Any) -> Any:
    return CODEC.to_wire(name, value, CODEC.pack(value))


@given(st.binary(max_size=4000))
def test_octets_come_back(octets: bytes) -> None:
    dictionary = Dictionary()
    assert dictionary.decompress(dictionary.compress(octets)) == octets


@given(VALUES)
def test_a_value_never_takes_more_on_the_wire_than_packed(value: Any) -> None:
    packed = CODEC.pack(value)
    wire = CODEC.to_wire("name", value, packed)
    assert len(packb(wire)) <= len(packed) + (3 if isinstance(wire, bytes) else 0) + 2


def test_a_cart_is_compressed_and_comes_back() -> None:
    wire = wire_of("cart", CART)
    assert wire[:2] == b"\xc1\x01"
    assert len(wire) < len(CODEC.pack(CART)) / 4
    assert CODEC.from_wire(wire) == CART


def test_a_frame_carries_its_size_and_neither_checksum_nor_dictionary() -> None:
    frame = zstandard.get_frame_parameters(
        wire_of("cart", CART)[2:], format=zstandard.FORMAT_ZSTD1_MAGICLESS
    )
    assert frame.content_size == len(CODEC.pack(CART))
    assert not frame.has_checksum
    assert frame.dict_id == 0


@given(st.text(st.sampled_from("xy"), min_size=30, max_size=30))
def test_the_length_of_a_secret_value_depends_on_its_length_alone(secret: str) -> None:
    assert len(packb(wire_of("csrf_token", secret))) == 31
    assert len(wire_of("csrf_token", [secret, secret])) == 63


def test_names_that_hold_secrets_in_many_applications_are_secret_from_the_start() -> None:
    names = {"csrf_token", "_csrf_token", "_id", "captcha", "otp_secret"}
    assert names | {"code_verifier", "nonce", "state", "oauth_token_secret"} <= DEFAULT_SECRET_NAMES


def test_names_chosen_by_the_application_are_secret_too() -> None:
    codec = Codec(secret_names=["pin"])
    for name, octets in (("pin", 102), ("cart", None)):
        wire = codec.to_wire(name, "x" * 100, codec.pack("x" * 100))
        assert (len(packb(wire)) == octets) is (name == "pin")


def test_a_secret_list_is_no_table_in_which_its_values_stand_together() -> None:
    rows = [{"code": "a1b2", "used": False} for _ in range(20)]
    assert wire_of("csrf_token", rows) == CODEC.pack(rows) != wire_of("cart", rows)


def test_values_are_compressed_apart_from_each_other() -> None:
    both = {name: wire_of(name, CART) for name in ("one", "two")}
    assert both["one"] == both["two"]


def test_short_and_incompressible_values_stay_as_they_are() -> None:
    for value in ([1, 2], {"a": "b"}, [os.urandom(64)]):
        assert wire_of("x", value) == CODEC.pack(value)


def test_a_damaged_dictionary_file_is_reported_to_the_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cookie_sessions.codec.compress.BUILT_IN_SHA256", "0" * 64)
    with pytest.raises(ConfigurationError, match="Install the package anew"):
        Dictionary().compress(b"octets")


def test_threads_share_one_codec_without_disturbing_each_other() -> None:
    codec = Codec()

    def work(seed: int) -> None:
        for turn in range(300):
            value = [{"thread": seed, "turn": turn, "text": "Oak Stool " * (turn % 7)}] * 3
            packed = codec.pack(value)
            wire = codec.to_wire("x", value, packed)
            octets = codec.dump_payload(b"claims", {"x": wire, "n": turn})
            _, wires = codec.load_payload(octets)
            assert codec.pack(codec.from_wire(wires["x"])) == packed

    assert run_together(work, range(12)) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_reads_and_writes_with_the_machines_it_inherits() -> None:
    wire = wire_of("cart", CART)
    child = os.fork()
    if child == 0:
        os._exit(0 if wire_of("cart", CART) == wire and CODEC.from_wire(wire) == CART else 1)
    assert os.waitpid(child, 0)[1] == 0
