"""Entries to octets and back; nothing but Unavailable for octets that are no entry of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.errors import Unavailable
from cookie_sessions.revocation import entries
from cookie_sessions.revocation.entries import Ended, General, IndexEntry
from cookie_sessions.stores.entry import is_name
from tests.keys.secrecy import forms, shown

NUMBERS = st.integers(0, 2**64 - 1)
KIDS = st.binary(min_size=4, max_size=4)
GENERALS = st.builds(General, NUMBERS, st.lists(KIDS, max_size=5, unique=True).map(tuple))
SECRET = b"an octet string that nobody should see"


@given(NUMBERS, st.booleans(), st.none() | st.binary(min_size=8, max_size=8))
def test_an_ended_session_comes_back(at: int, fades: bool, successor: bytes | None) -> None:
    entry = Ended(at, fades, successor)
    assert Ended.from_octets(entry.to_octets()) == entry


@given(GENERALS)
def test_what_concerns_all_comes_back(entry: General) -> None:
    assert General.from_octets(entry.to_octets()) == entry


@given(st.binary(min_size=1, max_size=40), st.binary(max_size=8))
def test_an_index_entry_comes_back(secret: bytes, check: bytes) -> None:
    for entry in (IndexEntry(secret), IndexEntry(None, check)):
        assert IndexEntry.from_octets(entry.to_octets()) == entry


@given(NUMBERS)
def test_a_number_comes_back(number: int) -> None:
    assert entries.number_from(entries.number_octets(number)) == number


def test_what_is_absent_says_nothing() -> None:
    assert General.from_octets(None) == General(0, ())
    assert entries.number_from(None) == 0


@given(st.binary(max_size=40))
def test_octets_are_an_entry_that_writes_them_again_or_unavailable(octets: bytes) -> None:
    def written_again() -> list[bytes]:
        again: list[bytes] = []
        for read in (Ended.from_octets, General.from_octets, IndexEntry.from_octets):
            try:
                again.append(read(octets).to_octets())
            except Unavailable:
                continue
        try:
            again.append(entries.number_octets(entries.number_from(octets)))
        except Unavailable:
            pass
        return again

    assert set(written_again()) <= {octets}


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x00" + bytes(8),
        b"\x03" + bytes(8),
        b"\x01" + bytes(7),
        b"\x01" + bytes(9),
        b"\x02" + bytes(8 + 7),
        b"\x02" + bytes(8 + 9),
        SECRET,
    ],
)
def test_octets_of_another_form_end_nothing_and_spare_nothing(octets: bytes) -> None:
    with pytest.raises(Unavailable):
        Ended.from_octets(octets)


@pytest.mark.parametrize("octets", [b"", bytes(7), bytes(9), bytes(8 + 3), bytes(8 + 4 + 1)])
def test_a_mark_or_a_list_of_keys_of_another_form_is_unavailable(octets: bytes) -> None:
    with pytest.raises(Unavailable):
        General.from_octets(octets)
    with pytest.raises(Unavailable):
        entries.number_from(octets)


@pytest.mark.parametrize("octets", [b"", b"\x00", b"\x01", b"\x03" + bytes(32)])
def test_an_index_of_another_form_is_unavailable(octets: bytes) -> None:
    with pytest.raises(Unavailable):
        IndexEntry.from_octets(octets)


def test_the_error_of_foreign_octets_shows_none_of_them() -> None:
    reads = (
        Ended.from_octets,
        IndexEntry.from_octets,
        entries.number_from,
        lambda octets: General.from_octets(octets),
    )
    for read in reads:
        with pytest.raises(Unavailable) as error:
            read(SECRET + b"!!!")
        text = shown(error.value)
        assert not any(form in text for form in forms(SECRET))


@given(GENERALS, NUMBERS, st.lists(KIDS, max_size=4))
def test_a_joined_entry_takes_nothing_back(entry: General, mark: int, kids: list[bytes]) -> None:
    joined = entry.joined(mark=mark, kids=kids)
    assert joined.mark == max(entry.mark, mark)
    assert set(joined.kids) == {*entry.kids, *kids}
    assert list(joined.kids) == sorted(set(joined.kids))


@given(GENERALS, GENERALS)
def test_entries_join_in_any_order_and_any_number_of_times(one: General, two: General) -> None:
    joined = one.joined(mark=two.mark, kids=two.kids)
    assert joined == two.joined(mark=one.mark, kids=one.kids)
    assert joined == joined.joined(mark=one.mark, kids=two.kids)


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=16, max_size=16))
def test_a_name_is_one_that_stores_keep_and_leads_back(session: bytes, subject: bytes) -> None:
    of_session, of_subject = entries.session_name(session), entries.subject_name(subject)
    assert is_name(of_session)
    assert is_name(of_subject)
    assert bytes.fromhex(of_session.removeprefix(entries.SESSION)) == session
    assert bytes.fromhex(of_subject.removeprefix(entries.SUBJECT)) == subject


def test_no_kind_of_entry_is_met_by_a_scan_for_another() -> None:
    scanned = (entries.SESSION, entries.SUBJECT)
    single = (entries.GENERAL, entries.INDEX, entries.LONGEST, entries.SEQUENCE)
    assert len({*scanned, *single}) == 6
    assert not any(name.startswith(scanned) for name in single)
    assert not any(one.startswith(two) for one in scanned for two in scanned if one != two)
    assert all(is_name(name) for name in single)


def test_no_text_of_an_entry_shows_a_successor_or_a_key() -> None:
    for entry in (Ended(7, True, SECRET[:8]), IndexEntry(SECRET), IndexEntry(None, SECRET[:8])):
        for text in (repr(entry), str(entry), f"{entry}", repr([entry])):
            assert not any(form in text for form in (*forms(SECRET), *forms(SECRET[:8])))
