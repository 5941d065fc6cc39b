"""Rings that were edited apart become one, and no revocation is lost on the way."""

from __future__ import annotations

import copy
import dataclasses
import functools
import math
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.keys import Key, KeyEntry, KeySet, Mark, change, dump_jwk_set, merge
from cookie_sessions.keys.jwk_set import parse_jwk_set
from tests.keys.secrecy import reveals

KEYS = [Key(bytes([number]) * 32) for number in range(6)]


@st.composite
def entries(draw: st.DrawFn, key: Key, number: int) -> KeyEntry:
    """One key as one file may have it; keys never begin in the same second."""
    mark = draw(st.sampled_from([None, None, *Mark]))
    hundreds = st.none() | st.integers(1, 5).map(lambda hundred: hundred * 100)
    return KeyEntry(
        kid=key.kid,
        key=None if mark is Mark.REVOKED and draw(st.booleans()) else key,
        label=key.kid.hex(),
        mark=mark,
        created=draw(hundreds),
        seals_from=draw(st.integers(1, 5)) * 100 + number,
        opens_until=draw(hundreds),
        other=draw(st.sampled_from([{}, {"note": "a"}, {"note": "b", "use": "enc"}])),
    )


@st.composite
def key_sets(draw: st.DrawFn) -> KeySet:
    chosen = draw(st.sets(st.integers(0, 5), min_size=1))
    return KeySet(
        entries=tuple(draw(entries(KEYS[number], number)) for number in sorted(chosen)),
        propagation=draw(st.sampled_from([60, 3600])),
        longest_session=draw(st.sampled_from([None, 100, 1000])),
        rotate_every=draw(st.sampled_from([None, 500])),
    )


def facts(keys: KeySet) -> object:
    """All that decides: who seals, opens and is out, and when."""
    return (
        sorted(
            (
                one.kid,
                one.key is None,
                str(one.mark),
                one.created or 0,
                one.seals_from or 0,
                one.opens_until or 0,
            )
            for one in keys.entries
        ),
        keys.propagation,
        keys.longest_session,
    )


@settings(max_examples=40)
@given(key_sets(), key_sets())
def test_keys_and_states_are_the_same_whichever_ring_comes_first(one: KeySet, two: KeySet) -> None:
    assert facts(merge(one, two)) == facts(merge(two, one))
    assert merge(one, two).generation == merge(two, one).generation


@settings(max_examples=40)
@given(key_sets(), key_sets())
def test_merging_what_was_merged_changes_nothing(one: KeySet, two: KeySet) -> None:
    assert merge(one, one) == one
    both = merge(one, two)
    assert merge(both, two) == both
    assert merge(both, one) == both


@settings(max_examples=40)
@given(key_sets(), key_sets(), key_sets())
def test_of_three_rings_any_two_may_be_merged_first(
    one: KeySet, two: KeySet, three: KeySet
) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@settings(max_examples=40)
@given(st.lists(key_sets(), min_size=2, max_size=4))
def test_no_key_no_revocation_and_no_destruction_is_ever_lost(rings: list[KeySet]) -> None:
    merged = functools.reduce(merge, rings)
    for entry in (entry for ring in rings for entry in ring.entries):
        after = merged.get(entry.kid)
        assert after is not None
        assert after.revoked >= entry.revoked
        assert (after.key is None) >= (entry.key is None)
        assert (after.mark is not None) >= (entry.mark is not None)
        assert (after.opens_until or 0) >= (entry.opens_until or 0)
        assert after.begins >= entry.begins
        assert entry.created is None or (after.created or 0) <= entry.created
    assert merged.propagation == max(ring.propagation for ring in rings)
    for moment in range(0, 700, 50):
        ring = merged.ring(moment)
        assert ring.revoked >= {one.kid for each in rings for one in each.entries if one.revoked}


@settings(max_examples=40)
@given(key_sets(), key_sets())
def test_a_merged_ring_can_be_written_and_read(one: KeySet, two: KeySet) -> None:
    both = merge(one, two)
    assert parse_jwk_set(dump_jwk_set(both), origin="test") == both


def test_further_members_come_from_the_first_ring_then_from_the_second() -> None:
    (entry,) = change.begin(now=100).entries
    one = KeySet(entries=(dataclasses.replace(entry, other={"a": 1}),), other={"x": 1, "y": 1})
    two = KeySet(entries=(dataclasses.replace(entry, other={"a": 2, "b": 2}),), other={"y": 2})
    both = merge(one, two)
    assert (both.entries[0].other, both.other) == ({"a": 1, "b": 2}, {"x": 1, "y": 1})
    assert merge(two, dataclasses.replace(one, rotate_every=9)).rotate_every == 9


@pytest.mark.parametrize(
    "alter",
    [
        lambda keys: change.add(keys, now=200),
        lambda keys: change.promote(keys, keys.entries[0].kid, now=200),
        lambda keys: change.retire(keys, keys.entries[0].kid, now=200),
        lambda keys: change.revoke(keys, keys.entries[0].kid),
        lambda keys: change.destroy(keys, keys.entries[0].kid),
        lambda keys: dataclasses.replace(keys, longest_session=5),
    ],
)
def test_each_change_is_another_generation(alter: Callable[[KeySet], KeySet]) -> None:
    keys = change.add(change.begin(now=100), now=100)
    assert len(keys.generation) == 8
    assert alter(keys).generation != keys.generation


def test_a_generation_is_the_same_in_any_order_and_tells_nothing_of_labels() -> None:
    keys = change.add(change.begin(now=100), now=100)
    one, two = keys.entries
    turned = dataclasses.replace(keys, entries=(two, dataclasses.replace(one, label="other")))
    assert turned.generation == keys.generation


def test_two_keys_of_one_id_or_one_beginning_are_refused() -> None:
    keys = change.add(change.begin(now=100), now=100)
    one, two = keys.entries
    with pytest.raises(ConfigurationError, match="have the key id"):
        KeySet(entries=(one, dataclasses.replace(one, label="again")))
    for begins in (None, 100):
        first = dataclasses.replace(one, seals_from=begins)
        second = dataclasses.replace(two, seals_from=begins)
        with pytest.raises(ConfigurationError, match="both primary from the same moment on"):
            KeySet(entries=(first, second))
        for mark in Mark:
            KeySet(entries=(first, dataclasses.replace(second, mark=mark)))


def test_the_ring_of_a_moment_has_the_keys_that_open_and_their_ends() -> None:
    keys = change.add(change.begin(now=100, longest_session=50, propagation=10), now=100)
    keys = change.revoke(change.add(keys, now=100), keys.entries[0].kid)
    ring = keys.ring(100)
    revoked, second, third = keys.entries
    assert ring.revoked == {revoked.kid}
    assert ring.get(revoked.kid) is None
    assert {key.kid for key in ring} == {second.kid, third.kid}
    assert ring.opens_until(second.kid) == 111 + 50
    assert ring.opens_until(third.kid) == math.inf
    assert {key.kid for key in keys.ring(111 + 50 + 299)} == {second.kid, third.kid}
    assert {key.kid for key in keys.ring(111 + 50 + 300)} == {third.kid}


def test_a_key_set_is_never_pickled_or_copied_and_shows_no_key() -> None:
    keys = change.begin(now=100)
    for refused in (pickle.dumps, copy.copy, copy.deepcopy, KeySet.__getstate__):
        with pytest.raises(UsageError, match="never pickled or copied"):
            refused(keys)
    material = keys.entries[0].key
    assert material is not None
    assert not reveals(repr(keys), material.export_material())
