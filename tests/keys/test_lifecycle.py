"""Who can open what, and who seals, at every moment of every history: as docs/keys.md has it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions import sealer
from cookie_sessions.errors import Rejected
from cookie_sessions.keys import Key, KeyEntry, KeyRing, KeySet, Mark, change, resolve
from cookie_sessions.sealer import Place
from tests.keys import page

START = 1_900_000_000
LONGEST = 5_000
PLACE = Place("session", "session", "")
PACES = [
    (0, 0, 0, 0),
    (400, 400, 400, 400),
    (3_700, 3_700, 3_700, 3_700),
    (9_000, 9_000, 9_000, 9_000),
    (3_700, 10, 9_000, 400),
    (10, 9_000, 0, 3_700),
]
"""Seconds before each change: in one second, within the window, after it, after everything."""


def one_more(keys: KeySet, now: int) -> Iterator[KeySet]:
    """What one change makes of a ring: each change, of each key."""
    yield change.add(keys, now=now)
    for entry in keys.entries:
        if not entry.revoked:
            yield change.promote(keys, entry.kid, now=now)
            yield change.retire(keys, entry.kid, now=now)
            yield change.revoke(keys, entry.kid)
        if len(keys.entries) > 1:
            yield change.destroy(keys, entry.kid)


def shape(keys: KeySet) -> object:
    """All that may decide: rings of one shape differ in their key material alone."""
    return sorted(
        (one.seals_from or 0, one.opens_until or 0, str(one.mark), one.key is None)
        for one in keys.entries
    )


def histories(pace: tuple[int, ...]) -> list[KeySet]:
    """The rings that sequences of changes lead to, one of each shape."""
    found: dict[str, KeySet] = {}
    last = [change.begin(now=START, longest_session=LONGEST)]
    now = START
    for seconds in pace:
        now += seconds
        after: dict[str, KeySet] = {}
        for keys in last:
            for each in one_more(keys, now):
                after.setdefault(str(shape(each)), each)
        found |= after
        last = list(after.values())
    return list(found.values())


def positions(ring: page.Ring) -> Iterator[float]:
    """Each edge of each key: just before, at it, just after."""
    for edge in sorted(ring.edges() | {START}):
        yield from (edge - 1, edge, edge + 1)


def check(keys: KeySet, ring: page.Ring, now: float) -> None:
    resolution = keys.resolve(now)
    in_force = keys.ring(now)
    primary = ring.primary(now)
    assert resolution.primary is primary
    assert set(resolution.ends) == {one.kid for one in keys.entries if not one.revoked}
    if primary is not None:
        assert in_force.primary is primary.key
    for entry in keys.entries:
        row = ring.row(entry, now)
        assert resolution.states[entry.kid] == row.state
        assert (resolution.primary is entry) == row.seals
        assert (in_force.get(entry.kid) is not None) == row.opens
        assert (entry.kid in in_force.revoked) == (not row.opens_anew)
        if not entry.revoked:
            assert resolution.ends[entry.kid] == ring.ends[entry.kid]
            assert in_force.opens_until(entry.kid) == ring.ends[entry.kid]


@pytest.mark.parametrize("pace", PACES)
def test_after_every_sequence_of_changes_each_key_is_what_the_page_says(
    pace: tuple[int, ...],
) -> None:
    rings = histories(pace)
    assert len(rings) > 100
    for keys in rings:
        ring = page.Ring(keys)
        for now in positions(ring):
            check(keys, ring, now)


@pytest.mark.parametrize("pace", PACES[1:])
def test_what_each_key_sealed_opens_or_is_refused_as_the_page_says(pace: tuple[int, ...]) -> None:
    for keys in histories(pace[:2]):
        ring = page.Ring(keys)
        sealed = {one.kid: seal(one.key) for one in keys.entries if one.key is not None}
        for now in sorted(ring.edges()):
            in_force = keys.ring(now)
            for entry in keys.entries:
                if entry.kid not in sealed:
                    continue
                row = ring.row(entry, now)
                answer = open_(sealed[entry.kid], in_force)
                assert answer == ("anew" if row.opens and not row.seals else row.reason)


def seal(key: Key) -> str:
    return sealer.seal(b"", ring=KeyRing(key), place=PLACE, refreshable=False, now=START)


def open_(text: str, ring: KeyRing) -> str:
    """What a ring makes of a text: nothing to say, sealed anew when written, or why not."""
    try:
        opened = sealer.open_text(text, ring=ring, place=PLACE, now=START)
    except Rejected as rejected:
        return rejected.reason
    return "anew" if opened.needs_reseal else ""


DATES = st.none() | st.integers(0, 12).map(lambda hundred: hundred * 100)


@st.composite
def rings(draw: st.DrawFn) -> KeySet:
    """Any ring whose entries get along, however odd their dates."""
    begins = draw(st.lists(DATES, min_size=1, max_size=5, unique=True))
    entries = [
        KeyEntry(
            kid=KEYS[number].kid,
            key=KEYS[number],
            mark=draw(st.sampled_from([None, None, None, *Mark])),
            seals_from=nbf,
            opens_until=draw(DATES),
        )
        for number, nbf in enumerate(begins)
    ]
    longest = draw(st.none() | st.sampled_from([100, 250, 1000]))
    return KeySet(entries=tuple(draw(st.permutations(entries))), longest_session=longest)


KEYS = [Key(bytes([number]) * 32) for number in range(5)]


@settings(max_examples=300)
@given(rings())
def test_any_dates_and_marks_give_what_the_page_says(keys: KeySet) -> None:
    ring = page.Ring(keys)
    for now in positions(ring):
        check(keys, ring, now)


@settings(max_examples=100)
@given(rings())
def test_nothing_changes_before_the_next_change_is_due(keys: KeySet) -> None:
    now = -1.0
    ring = page.Ring(keys)
    while now < math.inf:
        before = keys.resolve(now)
        for edge in (edge for edge in ring.edges() if now < edge < before.next_change):
            between = keys.resolve(edge)
            assert (between.states, between.overdue) == (before.states, before.overdue)
        assert before.next_change > now
        now = before.next_change


@settings(max_examples=100)
@given(rings())
def test_a_date_alone_never_takes_the_last_key_away(keys: KeySet) -> None:
    ring = page.Ring(keys)
    for now in positions(ring):
        resolution = keys.resolve(now)
        assert (resolution.primary is None) == (not ring.unmarked)
        by_date = [one for one in ring.unmarked if ring.may_seal(one, now)]
        assert resolution.overdue == (not by_date and bool(ring.unmarked))


@given(rings(), st.randoms(use_true_random=False))
def test_the_order_of_the_file_decides_nothing(keys: KeySet, random: Random) -> None:
    shuffled = list(keys.entries)
    random.shuffle(shuffled)
    other = KeySet(entries=tuple(shuffled), longest_session=keys.longest_session)
    for now in positions(page.Ring(keys)):
        assert keys.resolve(now) == other.resolve(now)


def test_a_rotation_goes_as_the_page_says() -> None:
    keys = change.begin(now=START, longest_session=LONGEST)
    added = START + 7_000
    after = change.add(keys, now=added)
    moments = {
        "before T": added - 1,
        "T, as each process reads the ring": added,
        "T + propagation": added + 3600,
        "T + propagation + longest session + 300 seconds": added + 3600 + LONGEST + 300,
    }
    rows = page.table("The life of a key")
    assert [row[0] for row in rows] == list(moments)
    for number, (name, first, second) in enumerate(rows):
        now = moments[name]
        later = [*moments.values(), now + 10**9][number + 1]
        for moment in (now, later - 1):
            known = after if now >= added else keys
            states = [str(state) for state in known.resolve(moment).states.values()]
            assert [*states, "unknown"][:2] == [first, second]


def test_a_pending_key_that_was_retired_ends_nothing() -> None:
    keys = change.add(change.begin(now=START, longest_session=LONGEST), now=START)
    kept, cancelled = keys.entries
    keys = change.retire(keys, cancelled.kid, now=START + 10)
    much_later = START + 20 * LONGEST
    assert keys.resolve(much_later).primary == keys.get(kept.kid)
    assert not keys.resolve(much_later).overdue
    keys = change.add(keys, now=much_later)
    assert keys.resolve(much_later + 3600).states[kept.kid] == "open-only"
    assert keys.resolve(much_later + 3600).ends[kept.kid] == much_later + 3600 + LONGEST


def test_a_key_that_takes_sealing_back_opens_for_as_long_as_what_it_seals_then() -> None:
    keys = change.begin(now=START, longest_session=LONGEST)
    (first,) = keys.entries
    keys = change.add(keys, now=START, seals_from=START + 100)
    keys = change.retire(keys, keys.entries[1].kid, now=START + 1_000)
    keys = change.add(keys, now=START, seals_from=START + 9_000)
    assert keys.resolve(START + 8_999).primary == first
    assert keys.resolve(START).ends[first.kid] == START + 9_000 + LONGEST


@pytest.mark.parametrize("gap", [1, 299, 300, 301])
def test_a_key_is_done_with_sealing_where_no_moment_is_left_between_those_after_it(
    gap: int,
) -> None:
    first, second, third = (
        KeyEntry(kid=KEYS[0].kid, seals_from=0),
        KeyEntry(kid=KEYS[1].kid, seals_from=100, opens_until=1_000),
        KeyEntry(kid=KEYS[2].kid, seals_from=1_000 + gap),
    )
    ends = resolve(0, (first, second, third), longest_session=LONGEST).ends
    assert ends[first.kid] == LONGEST + (100 if gap <= 300 else 1_000 + gap)


def test_no_key_is_no_resolution() -> None:
    resolution = resolve(START, ())
    assert (resolution.primary, resolution.states, resolution.overdue) == (None, {}, False)


def test_ten_thousand_keys_are_resolved_in_a_moment() -> None:
    entries = tuple(
        KeyEntry(kid=number.to_bytes(4, "big"), seals_from=number) for number in range(10_000)
    )
    # Of this thread alone, as others may have the processor meanwhile.
    begun = time.thread_time()
    resolution = resolve(START, entries, longest_session=LONGEST)
    # A thousandth of what comparing each with each would take on a slow machine.
    assert time.thread_time() - begun < 2
    assert resolution.primary is entries[-1]
