"""Rings that were edited apart become one, whichever comes first."""

from __future__ import annotations

import dataclasses

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import KeySet, change, dump_jwk_set, merge, parse_jwk_set

NOW = 1_893_456_000
HOUR = 3600


def one_key(label: str) -> KeySet:
    return change.begin(now=NOW, longest_session=HOUR, label=label)


def test_keys_that_begin_in_one_second_begin_apart_whichever_ring_comes_first() -> None:
    rings = [one_key(f"key {number}") for number in range(3)]
    forth = merge(merge(rings[0], rings[1]), rings[2])
    back = merge(rings[2], merge(rings[1], rings[0]))
    assert sorted(entry.begins for entry in forth.entries) == [NOW, NOW + 1, NOW + 2]
    assert {one.kid: one.begins for one in forth.entries} == {
        one.kid: one.begins for one in back.entries
    }
    assert forth.generation == back.generation


def test_merging_again_changes_nothing() -> None:
    one, other = one_key("spring"), one_key("spring")
    both = merge(one, other)
    for again in (merge(both, one), merge(both, other), merge(one, both), merge(both, both)):
        assert again.generation == both.generation
        assert {entry.label for entry in again.entries} == {entry.label for entry in both.entries}


def test_of_two_equal_labels_one_gets_its_id_so_that_the_ring_can_be_read() -> None:
    both = merge(one_key("spring"), one_key("spring"))
    assert len({entry.label for entry in both.entries}) == 2
    assert parse_jwk_set(dump_jwk_set(both), origin="the test") == both


def test_of_two_keys_that_always_sealed_nobody_can_say_which_is_first() -> None:
    one, other = (
        keys.with_entry(dataclasses.replace(keys.entries[0], seals_from=None))
        for keys in (one_key("spring"), one_key("autumn"))
    )
    with pytest.raises(ConfigurationError, match="primary from the same moment on"):
        merge(one, other)


def test_keys_that_are_added_in_one_second_begin_apart() -> None:
    keys = one_key("first")
    for _ in range(3):
        keys = change.add(keys, now=NOW)
    keys = change.add(keys, now=NOW, seals_from=NOW)
    begins = [entry.begins - NOW for entry in keys.entries]
    assert begins == [0, HOUR, HOUR + 1, HOUR + 2, 1]
