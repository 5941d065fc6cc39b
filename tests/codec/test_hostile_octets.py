from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from ormsgpack import Ext, packb

from benchmarks.timing import undisturbed
from cookie_sessions.codec import MAX_VALUE_OCTETS, Codec, tags
from cookie_sessions.codec.compress import Dictionary
from cookie_sessions.errors import Reason, Rejected
from tests.codec.strategies import VALUES

CODEC = Codec()
TAGS = sorted(number for number in vars(tags).values() if type(number) is int)


def refusal_of(function: Callable[[Any], Any], argument: Any) -> Reason | None:
    try:
        function(argument)
    except Rejected as refusal:
        return refusal.reason
    return None


def read(wire: Any) -> None:
    assert refusal_of(CODEC.from_wire, wire) in (None, Reason.UNDECODABLE)


def assert_refused(wire: Any) -> None:
    with pytest.raises(Rejected) as refusal:
        CODEC.from_wire(wire)
    assert refusal.value.reason is Reason.UNDECODABLE
    assert refusal.value.__cause__ is None


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_any_octets_give_a_value_or_the_one_refusal(octets: bytes) -> None:
    read(octets)
    read(b"\xc1\x01" + octets)
    for data in (octets, b"\x06claims" + octets):
        refused = refusal_of(CODEC.load_payload, data)
        assert refused in (None, Reason.UNDECODABLE)
        if refused is None:
            for wire in CODEC.load_payload(data)[1].values():
                read(wire)


LEAVES = st.builds(Ext, st.sampled_from([*TAGS, 0, -1, 127]), st.binary(max_size=20))
MARKED = st.recursive(
    LEAVES | st.integers() | st.text(max_size=4) | st.binary(max_size=4) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def packed(tree: Any) -> bytes:
    try:
        return packb(tree)
    except TypeError:
        return packb(None)


@settings(max_examples=500)
@given(MARKED)
def test_any_use_of_extensions_gives_a_value_or_the_one_refusal(tree: Any) -> None:
    read(packed(tree))
    if type(tree) is Ext:
        read(tree)


@settings(max_examples=200)
@given(VALUES, st.data())
def test_a_changed_or_cut_value_gives_a_value_or_the_one_refusal(
    value: Any, data: st.DataObject
) -> None:
    octets = bytearray(CODEC.pack(value))
    place = data.draw(st.integers(0, len(octets) - 1))
    read(bytes(octets[:place]))
    octets[place] ^= data.draw(st.integers(1, 255))
    read(bytes(octets))


@given(VALUES, st.binary(min_size=1, max_size=20))
def test_octets_behind_a_value_are_refused(value: Any, more: bytes) -> None:
    assert_refused(CODEC.pack(value) + more)


def test_octets_that_imitate_the_guard_behind_a_value_are_refused() -> None:
    for size in range(1, 40):
        for zeros in range(40):
            octets = b"\x01\xc6" + size.to_bytes(4, "big") + bytes(zeros)
            assert_refused(octets)


@pytest.mark.parametrize("tag", [*TAGS, 0, 127])
def test_an_empty_extension_outside_the_head_of_a_list_is_refused(tag: int) -> None:
    marker = Ext(tag, b"")
    assert_refused(marker)
    for tree in (marker, [1, marker], {"a": marker}, [[marker], marker]):
        assert_refused(packb(tree))


@pytest.mark.parametrize("header", [b"\xc8\x00\x00", b"\xc9\x00\x00\x00\x00"])
def test_a_marker_in_a_longer_form_is_refused(header: bytes) -> None:
    assert_refused(b"\x91" + header + bytes((tags.TUPLE,)))


@pytest.mark.parametrize(
    "tree",
    [
        [Ext(tags.DICT, b""), 1],
        [Ext(tags.DICT, b""), [], 1],
        [Ext(tags.SET, b""), []],
        [Ext(tags.MARKUP, b"")],
        [Ext(tags.MARKUP, b""), 1],
        [Ext(tags.JWT, b""), {}, {}],
        [Ext(tags.JWT, b""), {}, {}, "text"],
        [Ext(tags.JWT, b""), {}, {"a": b"x"}, b""],
        [Ext(tags.REGISTERED, b""), "os.system", "true"],
        [Ext(tags.REGISTERED, b""), [], 1],
        Ext(tags.BIG_INT, b"\x00\x01"),
        Ext(tags.BIG_INT, b"\x01"),
        Ext(tags.DECIMAL, b"text"),
        Ext(tags.DECIMAL, b"1_0"),
        Ext(tags.DECIMAL, b" 1"),
        Ext(tags.DECIMAL, b"1E+99999999999999999999"),
        Ext(tags.DATE, b"\0\0\0"),
        Ext(tags.DATETIME, b"\xff" * 8),
        Ext(tags.DATETIME, b"\0" * 6),
        Ext(tags.DATETIME_OFFSET, b"\x0e" * 8 + b"\x7f" * 5),
        Ext(tags.DATETIME_ZONE, bytes(8)),
        Ext(tags.DATETIME_ZONE, b"\x0e" * 8 + b"../../../etc/passwd"),
        Ext(tags.DATETIME_ZONE, b"\x0e" * 8 + b"/etc/passwd"),
        Ext(tags.TIME_ZONE, bytes(8) + b"Europe"),
        Ext(tags.TIME_ZONE, bytes(8) + b"Europe/\0"),
        Ext(tags.TIME_ZONE, bytes(8) + b"x" * 5000),
        Ext(tags.TIME, bytes(7) + b"\xff\xff"),
        Ext(tags.TIMEDELTA, b"\x7f" * 40),
        Ext(tags.UUID, b"1"),
        Ext(tags.SURROGATES, b"\xff"),
    ],
)
def test_malformed_extensions_are_refused(tree: Any) -> None:
    assert_refused(packed(tree))


@pytest.mark.parametrize(
    "segment",
    [b"", b"\xc1", b"\xc1\x01", b"\xc1\x00\x01", b"\xc1\x02\x01", b"\xc1\x3f", b"\xc1\x40seed"],
)
def test_unknown_segments_and_the_reserved_overflow_reference_are_refused(segment: bytes) -> None:
    assert_refused(segment)


def frame_of(octets: bytes, **options: Any) -> bytes:
    compressor = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters.from_level(
            3, format=zstandard.FORMAT_ZSTD1_MAGICLESS, **options
        )
    )
    return b"\xc1\x01" + compressor.compress(octets)


def test_a_bomb_is_refused_before_anything_is_allocated() -> None:
    bomb = frame_of(packb(b"\0" * MAX_VALUE_OCTETS))
    assert len(bomb) < 200
    assert_refused(bomb)
    claimed = b"\xc1\x01\xe0" + (2**62).to_bytes(8, "little") + b"\x01\x00\x00"
    with undisturbed():
        began = time.thread_time()
        assert_refused(claimed)
        taken = time.thread_time() - began
    assert taken < 0.1


def test_tokens_within_tokens_do_not_grow_without_bound() -> None:
    tree: Any = b"x" * 10
    for _ in range(40):
        tree = [tags.MARKERS[tags.JWT], {}, tree, b""]
    assert_refused(packb(tree))


def test_a_token_within_a_token_is_read() -> None:
    inner = [tags.MARKERS[tags.JWT], {"alg": "none"}, {"sub": 1}, b""]
    text = CODEC.from_wire(packb([tags.MARKERS[tags.JWT], {"alg": "none"}, inner, b""]))
    assert CODEC.from_wire(CODEC.to_wire("x", text, CODEC.pack(text))) == text


def test_a_table_does_not_repeat_long_keys_without_bound() -> None:
    table = tags.MARKERS[tags.TABLE]
    assert_refused(packb([table, ["k" * 257], "\n" * 4095]))
    assert len(CODEC.from_wire(packb([table, ["k" * 256], "\n" * 4095]))) == 4096


def test_the_largest_value_is_read() -> None:
    value = b"\0" * (MAX_VALUE_OCTETS - 5)
    assert CODEC.from_wire(frame_of(packb(value))) == value


def test_a_value_too_large_to_be_read_again_is_never_compressed() -> None:
    value = b"\0" * (MAX_VALUE_OCTETS + 1)
    octets = CODEC.pack(value)
    assert CODEC.to_wire("x", value, octets) == octets
    assert CODEC.from_wire(octets) == value


def test_a_frame_without_its_size_or_with_octets_behind_it_is_refused() -> None:
    assert_refused(frame_of(packb("x" * 100), write_content_size=0))
    assert_refused(frame_of(packb("x" * 100)) + b"\0")


def test_deep_nesting_is_refused_or_read_but_never_overflows() -> None:
    for depth in (100, 254, 500, 1000, 5000, 100_000):
        read(b"\x91" * depth + b"\x90")
        read(b"\x92\xc7\x00\x40" * depth + b"\x90")
        read(b"\x81\xa1a" * depth + b"\x92\xc7\x00\x40\x90")


def test_a_decompressor_that_refused_a_frame_does_not_spoil_the_next() -> None:
    dictionary = Dictionary()
    frame = dictionary.compress(b"some octets to compress")
    for cut in range(len(frame)):
        with pytest.raises((ValueError, zstandard.ZstdError)):
            dictionary.decompress(frame[:cut])
        assert dictionary.decompress(frame) == b"some octets to compress"
