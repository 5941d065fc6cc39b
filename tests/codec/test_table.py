from __future__ import annotations

import enum
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from ormsgpack import Ext, packb

from cookie_sessions.codec import Codec, tags
from cookie_sessions.codec.table import MAX_KEYS, MAX_ROWS, MIN_ROWS, to_tables
from cookie_sessions.errors import Reason, Rejected
from tests.codec.sameness import same
from tests.codec.strategies import KEYS, VALUES

CODEC = Codec()
TABLE, STEPS, HUNDREDTHS = (Ext(t, b"") for t in (tags.TABLE, tags.STEPS, tags.HUNDREDTHS))


def restored(value: Any) -> Any:
    return CODEC.from_wire(CODEC.to_wire("name", value, CODEC.pack(value)))


MONEY = st.integers(-(10**7), 10**7).map(lambda cents: cents / 100)
CELLS = st.sampled_from(
    [
        st.text(),
        st.sampled_from(["a\nb", "\n", "", "a"]),
        st.integers(),
        st.integers(1_700_000_000, 1_700_020_000),
        st.integers(2**53 - 9, 2**53 + 9),
        st.integers(2**64 - 5, 2**64 + 5),
        st.floats(),
        MONEY,
        st.sampled_from([0.0, -0.0, 1.5, 1e300, 2.0**53]),
        st.booleans() | st.integers(0, 2),
        st.text().map(Markup) | st.text(),
        st.binary(min_size=16, max_size=16).map(bytes.hex),
        VALUES,
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[Any, Any]]:
    keys = draw(st.lists(st.text(max_size=4) | KEYS, min_size=1, max_size=4))
    columns = {key: draw(CELLS) for key in keys}
    size = draw(st.integers(MIN_ROWS - 1, MIN_ROWS + 4))
    return [{key: draw(cell) for key, cell in columns.items()} for _ in range(size)]


def test_rows_whose_keys_are_too_long_to_be_repeated_stay_a_list() -> None:
    rows = [{"k" * (MAX_KEYS // 16): number} for number in range(17)]
    assert to_tables(rows) is None
    assert to_tables(rows[:16]) is not None
    assert same(restored(rows), rows)


@settings(max_examples=150, deadline=None)
@given(tables())
def test_a_list_of_dicts_comes_back_exactly(rows: list[dict[Any, Any]]) -> None:
    assert same(restored(rows), rows)
    assert same(restored({"rows": rows, "n": 1}), {"rows": rows, "n": 1})


def test_the_application_s_own_value_is_not_changed() -> None:
    rows = [{"url": f"/{n}", "price": n / 4, "time": 1_700_000_000 - n} for n in range(1, 30)]
    for value in (rows, {"rows": rows}):
        before = CODEC.pack(value)
        assert to_tables(value) is not None
        assert CODEC.pack(value) == before


def test_a_long_list_takes_less_than_the_compressor_alone_would_make_of_it() -> None:
    rows = [
        {
            "url": f"https://shop.example/{hashlib.sha256(bytes([n])).hexdigest()[:9]}",
            "price": (n * 7919 % 5000 + 1) / 100,
            "time": 1_700_000_000 - n * n,
        }
        for n in range(40)
    ]
    wire = CODEC.to_wire("name", rows, CODEC.pack(rows))
    alone = CODEC.dictionary.compress(CODEC.pack(rows))
    assert isinstance(wire, bytes)
    assert len(wire) < 0.9 * len(alone)


class Level(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "odd",
    [
        {"a": 1},
        {"b": 1, "a": 1},
        {"a": 1, "b": 1, "c": 1},
        {},
        {1: 1, 2: 2},
        {"a": Level.ONE, "b": "x"},
        {"a": "\ud800", "b": "x"},
        {"a": {1: 2}, "b": (1,)},
        [1],
        None,
        "text",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_list_in_which_one_row_is_different_comes_back(odd: Any, place: int) -> None:
    rows: list[Any] = [{"a": "x", "b": "y"} for _ in range(20)]
    rows[place] = odd
    expected = CODEC.from_wire(CODEC.pack(rows))
    assert same(restored(rows), expected)


def test_numbers_that_only_look_like_prices_come_back_exactly() -> None:
    for odd in (0.1 + 0.2, 1e-9, 1e17, 1e308, float("nan"), float("inf"), -0.0, 0.005, 1 / 3):
        rows = [{"price": 1.25}] * 19 + [{"price": odd}]
        assert same(restored(rows), rows)


def test_every_price_up_to_a_million_keeps_its_float() -> None:
    for start in range(1, 10**8, 999_983):
        rows = [{"price": (start + n) / 100} for n in range(40)]
        assert same(restored(rows), rows)


def test_lists_outside_the_bounds_are_no_tables() -> None:
    assert to_tables([{"a": 1}] * (MIN_ROWS - 1)) is None
    assert to_tables([{"a": 1}] * MIN_ROWS) is not None
    assert to_tables([{"a": 1}] * MAX_ROWS) is not None
    assert to_tables([{"a": 1}] * (MAX_ROWS + 1)) is None
    rows = [{"a": n} for n in range(MAX_ROWS + 1)]
    assert restored(rows) == rows


@pytest.mark.parametrize(
    "tree",
    [
        [TABLE],
        [TABLE, []],
        [TABLE, "ab", "a", "b"],
        [TABLE, ["a"]],
        [TABLE, ["a", "a"], [1], [1]],
        [TABLE, [1], [1]],
        [TABLE, ["a"], [1], [2]],
        [TABLE, ["a", "b"], [1], [1, 2]],
        [TABLE, ["a", "b"], "1\n2", [1]],
        [TABLE, ["a"], 5],
        [TABLE, ["a"], b"1"],
        [TABLE, ["a"], {"x": 1}],
        [TABLE, ["a"], "\n" * MAX_ROWS],
        [STEPS],
        [STEPS, "a", "b"],
        [STEPS, 2**62, 2**62],
        [STEPS, Ext(tags.BIG_INT, b"\x7f" * 99), 1],
        [STEPS, True, 1],
        [HUNDREDTHS],
        [HUNDREDTHS, 1.5],
        [HUNDREDTHS, 2**63],
        [HUNDREDTHS, [1]],
    ],
)
def test_malformed_tables_are_refused(tree: Any) -> None:
    for wire in (packb(tree), packb([[1], tree])):
        with pytest.raises(Rejected) as refusal:
            CODEC.from_wire(wire)
        assert refusal.value.reason is Reason.UNDECODABLE
