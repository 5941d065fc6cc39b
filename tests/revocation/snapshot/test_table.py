"""The binary file of a snapshot: equal to a set and a dict, or refused."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.revocation.facts import Entries, Question
from cookie_sessions.revocation.snapshot.fault import SnapshotRefused
from cookie_sessions.revocation.snapshot.table import Table, dump

IDS = st.binary(min_size=8, max_size=8)
SUBJECTS = st.binary(min_size=16, max_size=16)
MARKS = st.integers(0, 2**48)
KIDS = st.binary(min_size=4, max_size=4)
MILLION = 1_000_000
MOST_OCTETS = 9_000_000


def table(octets: bytes) -> Table:
    return Table(memoryview(octets))


@given(st.sets(IDS), st.dictionaries(SUBJECTS, MARKS), st.sets(KIDS), MARKS, IDS, SUBJECTS)
def test_what_was_dumped_answers_as_a_set_and_a_dict_do(
    sessions: set[bytes],
    subjects: dict[bytes, int],
    kids: set[bytes],
    mark: int,
    other: bytes,
    stranger: bytes,
) -> None:
    octets = dump(Entries(sessions, subjects.items(), kids, mark))
    assert octets == dump(Entries(reversed(list(sessions)), list(subjects.items()), kids, mark))
    found = table(octets)
    assert all(map(found.has_session, sessions))
    assert found.has_session(other) == (other in sessions)
    by_name: dict[bytes, int] = {}
    for subject, each in subjects.items():
        by_name[subject[:8]] = max(each, by_name.get(subject[:8], 0))
    for subject in (*subjects, stranger):
        assert found.mark_of(subject) == by_name.get(subject[:8], 0)
    assert (found.mark, found.kids) == (mark, frozenset(kids))


def test_subjects_that_begin_alike_share_the_later_mark() -> None:
    alike = [(bytes(8) + bytes(8), 5), (bytes(8) + b"\1" * 8, 9), (bytes(8) + b"\2" * 8, 7)]
    assert table(dump(Entries([], alike, [], 0))).mark_of(alike[0][0]) == 9


def test_a_million_sessions_take_at_most_nine_megabytes_and_are_all_found() -> None:
    drawn = os.urandom(8 * MILLION)
    sessions = {drawn[i : i + 8] for i in range(0, len(drawn), 8)}
    octets = dump(Entries(sessions, [], [], 0))
    assert len(octets) <= MOST_OCTETS
    found = table(octets)
    some = list(sessions)[::997]
    assert all(map(found.has_session, some))
    assert not any(found.has_session(os.urandom(7) + b"\xff") for _ in range(100))


@given(st.binary(max_size=200))
def test_any_octets_are_a_table_or_refused(octets: bytes) -> None:
    try:
        found = table(octets)
    except SnapshotRefused:
        return
    assert found.answer(Question((bytes(8),), bytes(16), 0, ())) is not None


@given(st.data())
def test_a_table_with_anything_changed_is_refused_or_another_whole_table(
    data: st.DataObject,
) -> None:
    octets = bytearray(
        dump(Entries([b"a" * 8, b"b" * 8, b"c" * 8], [(b"s" * 16, 9)], [b"key1", b"key2"], 3))
    )
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    try:
        table(bytes(octets))
    except SnapshotRefused:
        return
    assert place >= 8, "another version is taken for this one"


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 39, 40, 47, -1])
def test_a_table_that_was_cut_is_refused(cut: int) -> None:
    octets = dump(Entries([b"a" * 8, b"b" * 8], [(b"s" * 16, 9)], [b"key1"], 3))
    with pytest.raises(SnapshotRefused):
        table(octets[:cut])
    with pytest.raises(SnapshotRefused):
        table(octets + b"\0")


def test_a_table_that_is_not_sorted_or_names_something_twice_is_refused() -> None:
    octets = dump(Entries([b"a" * 8, b"b" * 8], [], [], 0))
    head, first, second = octets[:40], octets[40:48], octets[48:]
    for order in ((second, first), (first, first)):
        with pytest.raises(SnapshotRefused):
            table(head + b"".join(order))


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (Entries([bytes(7)], [], [], 0), "A session's id has 8 octets"),
        (Entries([], [(bytes(15), 1)], [], 0), "A subject's id has 16 octets"),
        (Entries([], [], [bytes(5)], 0), "A key id has 4 octets"),
        (Entries([], [], [], 2**64), "A mark has 8 octets"),
    ],
)
def test_what_would_not_be_found_again_is_not_written(entries: Entries, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        dump(entries)


def test_a_machine_of_the_other_byte_order_writes_and_reads_the_same_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the order is ours to fake: the octets are swapped once more than this machine would."""
    listed = Entries([bytes(range(8))], [(bytes(range(16)), 7)], [b"kids"], 9)
    octets = dump(listed)
    monkeypatch.setattr("cookie_sessions.revocation.snapshot.table._IS_LITTLE", False)
    swapped = dump(listed)
    assert swapped != octets
    assert len(swapped) == len(octets)
    assert table(swapped).mark == 9
