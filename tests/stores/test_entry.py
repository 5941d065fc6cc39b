"""What an entry may be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.stores.entry import (
    MAX_END,
    MAX_NAME_OCTETS,
    MAX_PREFIX_OCTETS,
    checked_name,
    checked_names,
    checked_prefix,
    checked_scan,
    checked_value,
    end_second,
)

from .calls import ODD_NAMES, shown

FULL_LENGTH = "n" * MAX_NAME_OCTETS


@pytest.mark.parametrize("name", ODD_NAMES, ids=shown)
def test_odd_names_are_refused_and_not_repeated(name: str) -> None:
    for check in (checked_name, checked_prefix, lambda text: checked_names(["a", text])):
        with pytest.raises(ValueError, match="letters") as refused:
            check(name)
        assert len(name) < 3 or name not in str(refused.value)


def test_names_with_every_allowed_character_are_as_they_were() -> None:
    assert checked_name("AZaz09.:_-") == "AZaz09.:_-"
    assert checked_name(FULL_LENGTH) == FULL_LENGTH


def test_names_count_once_and_keep_their_order() -> None:
    assert checked_names(iter(["b", "a", "b"])) == ["b", "a"]


def test_a_prefix_leaves_room_for_the_longest_name() -> None:
    assert checked_prefix("p" * MAX_PREFIX_OCTETS)
    assert MAX_PREFIX_OCTETS + MAX_NAME_OCTETS <= 250
    with pytest.raises(ValueError, match="prefix"):
        checked_prefix("p" * (MAX_PREFIX_OCTETS + 1))


def test_a_scan_may_begin_with_nothing() -> None:
    assert checked_scan("") == ""
    with pytest.raises(ValueError, match="name"):
        checked_scan("a*")


def test_a_value_is_measured_and_not_repeated() -> None:
    assert checked_value(b"abc", max_octets=3) == b"abc"
    with pytest.raises(ValueError, match="4 octets") as refused:
        checked_value(b"abcd", max_octets=3)
    assert "abcd" not in str(refused.value)


@given(st.floats(min_value=-1e300, max_value=MAX_END))
def test_an_end_is_the_next_whole_second_and_never_negative(ends: float) -> None:
    assert end_second(ends) == max(0, math.ceil(ends))


@pytest.mark.parametrize("ends", [math.nan, math.inf, MAX_END + 0.5, 1.7e12])
def test_an_end_that_is_no_moment_is_refused(ends: float) -> None:
    with pytest.raises(ValueError, match="moment"):
        end_second(ends)


def test_minus_infinity_has_come_long_ago() -> None:
    assert end_second(-math.inf) == 0
