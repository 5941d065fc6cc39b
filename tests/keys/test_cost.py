"""What a change of keys costs visitors, against sessions that are counted one second at a time."""

from __future__ import annotations

import dataclasses
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions.clock import SKEW
from cookie_sessions.keys import Key, KeyEntry, KeySet, Mark, State, change
from tests.keys import page

NOW = 1_900_000_000
LONGEST = 10_000
WINDOW = 500

KEYS = [Key(bytes([number]) * 32) for number in range(4)]
SECONDS = st.integers(0, 30).map(lambda number: number * 40)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[KeySet, KeySet]:
    """A ring, and what a few changes make of it."""
    begins = draw(st.lists(SECONDS, min_size=1, max_size=4, unique=True))
    keys = KeySet(
        entries=tuple(
            KeyEntry(
                kid=KEYS[number].kid,
                key=KEYS[number],
                seals_from=begin,
                created=draw(st.none() | st.just(max(0, begin - 40))),
                opens_until=draw(st.none() | st.none() | SECONDS),
                mark=draw(st.sampled_from([None, None, None, *Mark])),
            )
            for number, begin in enumerate(begins)
        ),
        longest_session=draw(st.sampled_from([200, 700])),
        propagation=40,
    )
    after = keys
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(["add", "promote", "retire", "revoke", "destroy"]))
        entry = draw(st.sampled_from(keys.entries))
        present = after.get(entry.kid)
        if name == "add":
            after = change.add(after, now=AT, seals_from=draw(st.none() | SECONDS))
        elif present is not None and name == "destroy":
            after = change.destroy(after, entry.kid)
        elif present is not None and not present.revoked:
            with_now = {"now": AT} if name != "revoke" else {}
            after = getattr(change, name)(after, entry.kid, **with_now)
    return keys, after


AT = 600
"""The moment of the change, amid the dates."""


def lost(before: KeySet, after: KeySet, now: int) -> list[int]:
    """The seconds whose sessions a change loses, each looked at by itself, as the page has it."""
    longest = before.longest_session
    assert longest is not None
    old, new = page.Ring(before), page.Ring(after)
    moments = sorted({now, *(int(edge) for edge in old.edges() | new.edges() if edge > now)})
    opens = [(_opening(old, moment), _opening(new, moment)) for moment in moments]
    seconds: list[int] = []
    for written in range(now - longest, now):
        sealer = old.primary(written)
        if sealer is None or written < (sealer.created or written):
            continue
        for moment, (kept_before, kept_after) in zip(moments, opens, strict=True):
            if moment > written + longest or sealer.kid not in kept_before:
                break
            if sealer.kid not in kept_after:
                seconds.append(written)
                break
    return seconds


def _opening(ring: page.Ring, now: float) -> set[bytes]:
    return {entry.kid for entry in ring.entries if ring.row(entry, now).opens}


@settings(max_examples=300)
@given(pairs())
def test_what_a_change_costs_is_never_less_than_what_is_lost(pair: tuple[KeySet, KeySet]) -> None:
    before, after = pair
    assert change.cost(before, after, now=AT) >= len(lost(before, after, AT))


@settings(max_examples=150)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=3), st.data())
def test_after_rotations_as_they_ought_to_be_the_cost_is_what_is_lost(
    pauses: list[int], data: st.DataObject
) -> None:
    keys = change.begin(now=-10_000, longest_session=700, propagation=40)
    now = 0
    for pause in pauses:
        now += pause * 40
        keys = change.add(keys, now=now)
    now += data.draw(st.integers(0, 20)) * 40
    entry = data.draw(st.sampled_from(keys.entries))
    name = data.draw(st.sampled_from(["promote", "retire", "revoke", "destroy", "add"]))
    match name:
        case "add":
            after = change.add(keys, now=now)
        case "revoke":
            after = change.revoke(keys, entry.kid)
        case "destroy":
            after = change.destroy(keys, entry.kid)
        case _:
            after = getattr(change, name)(keys, entry.kid, now=now)
    found = change.cost(keys, after, now=now)
    assert 0 <= found - len(lost(keys, after, now)) <= SKEW + 40
    if name in ("add", "promote"):
        assert found == 0


def one_key(*, longest_session: int | None = LONGEST) -> KeySet:
    return change.begin(now=NOW, longest_session=longest_session, propagation=WINDOW)


def test_nobody_is_lost_by_what_is_only_known_or_done_already() -> None:
    keys = change.add(one_key(), now=NOW)
    first, pending = keys.entries
    assert change.cost(keys, change.destroy(keys, pending.kid), now=NOW) == 0
    assert change.cost(keys, keys, now=NOW) == 0
    later = NOW + WINDOW + LONGEST + SKEW
    assert change.cost(keys, change.destroy(keys, first.kid), now=later) == 0
    revoked = change.revoke(keys, first.kid)
    assert change.cost(revoked, change.destroy(revoked, first.kid), now=NOW) == 0


def test_where_nobody_knows_how_long_sessions_live_the_age_of_the_key_is_the_bound() -> None:
    keys = one_key(longest_session=None)
    (entry,) = keys.entries
    gone = change.revoke(keys, entry.kid)
    assert change.cost(keys, gone, now=NOW + 10**6) == 10**6 + SKEW
    undated = keys.with_entry(dataclasses.replace(entry, created=None))
    assert change.cost(undated, gone, now=NOW) == math.inf


def test_taking_over_from_a_key_whose_end_has_passed_costs_what_it_sealed_since() -> None:
    keys = one_key()
    keys = change.retire(keys, keys.entries[0].kid, now=NOW)
    now = NOW + 10**6
    assert keys.resolve(now).overdue
    added = change.add(keys, now=now)
    assert added.resolve(now + WINDOW).states[keys.entries[0].kid] is State.RETIRED
    assert change.cost(keys, added, now=now) == LONGEST - WINDOW


def test_an_end_that_was_set_before_costs_nothing_now() -> None:
    now = NOW + 5_000
    keys = change.add(one_key(), now=now)
    first, pending = keys.entries
    ending = keys.with_entry(dataclasses.replace(first, opens_until=now + 300))
    assert change.cost(ending, change.promote(ending, pending.kid, now=now), now=now) == 0


def test_a_key_that_seals_no_more_is_counted_until_another_took_over() -> None:
    keys = change.add(one_key(longest_session=None), now=NOW)
    gone = change.revoke(keys, keys.entries[0].kid)
    assert change.cost(keys, gone, now=NOW + 10**6) == WINDOW + SKEW


def test_no_more_is_lost_than_the_longest_session_lives() -> None:
    keys = change.add(one_key(), now=NOW)
    first, second = keys.entries
    keys = keys.with_entry(dataclasses.replace(first, mark=Mark.OPEN_ONLY))
    gone = change.revoke(change.revoke(keys, first.kid), second.kid)
    assert change.cost(keys, gone, now=NOW + 10**6) == LONGEST
