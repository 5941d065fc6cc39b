"""Who is signed in where: written once, for a store in memory, in a file and on a server."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.revocation.identity import IndexKey, reference_of, session_id
from cookie_sessions.revocation.registry import Registry, SignedIn
from cookie_sessions.revocation.registry_form import (
    HOUR,
    MOST_LETTERS,
    MOST_SESSIONS,
    Entry,
    Listing,
    entry_name,
    hour_of,
    kept_until,
    listing_name,
    tidy,
)
from cookie_sessions.stores.entry import MAX_END
from cookie_sessions.stores.memory import MemoryStore
from cookie_sessions.stores.redis import RedisStore
from cookie_sessions.stores.sqlite import SQLiteStore
from cookie_sessions.stores.store import ExpiringStore
from tests.stores.moving_clock import moving_clock
from tests.stores.redis_server import HOST, RedisServer
from tests.together import run_together

INDEX = IndexKey(bytes(range(32)))
DAY = 24 * HOUR
START = hour_of(clock.now()) + 60
"""A minute after the hour, so that minutes later it is still the same."""

SINCE = START * 1000


class User:
    """A subject that no other test has, and its sessions."""

    def __init__(self, store: ExpiringStore) -> None:
        self.octets = b"t" + os.urandom(8).hex().encode()
        self.registry = Registry(store, index=lambda: INDEX)

    @property
    def id(self) -> bytes:
        return INDEX.subject(self.octets)

    @property
    def listing(self) -> str:
        return listing_name(self.id)

    def note(
        self,
        *,
        sid: bytes | None = None,
        label: str = "Firefox",
        now: float = START,
        since: int = SINCE,
        ends: float | None = None,
    ) -> bytes:
        sid = sid or os.urandom(16)
        self.registry.note(
            sid=sid,
            subject=self.octets,
            since=since,
            created=int(now),
            label=label,
            ends=now + DAY if ends is None else ends,
            now=now,
        )
        return sid

    def seen(
        self,
        sid: bytes,
        *,
        now: float,
        last: float = START,
        label: str | None = None,
        since: int = SINCE,
        ends: float | None = None,
    ) -> None:
        self.registry.seen(
            sid=sid,
            subject=self.octets,
            since=since,
            label=label,
            ends=now + DAY if ends is None else ends,
            now=now,
            last=last,
        )

    def move(self, old_sid: bytes, sid: bytes, *, now: float = START, since: int = SINCE) -> bool:
        return self.registry.move(
            old_sid=old_sid,
            sid=sid,
            subject=self.octets,
            since=since,
            ends=now + DAY,
            now=now,
        )

    def listed(self, *, mark: int = 0, now: float = START) -> list[SignedIn]:
        return self.registry.of(self.octets, mark=mark, now=now)

    def references(self, *, mark: int = 0, now: float = START) -> list[str]:
        return [each.reference for each in self.listed(mark=mark, now=now)]

    def find(self, sid: bytes) -> SignedIn | None:
        return self.registry.find(reference_of(sid), subject=self.octets)


class Counting:
    """A store that counts how often it is asked."""

    def __init__(self, store: ExpiringStore) -> None:
        self._store = store
        self.reads = 0
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("get"):
            self.reads += 1
        elif name in ("put", "put_many", "add", "replace", "extend", "shorten", "delete"):
            self.writes += 1
        return getattr(self._store, name)


class OtherFirst(Counting):
    """A store in which another writer is always first."""

    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        self.writes += 1
        return False


def references_of(sids: Iterable[bytes]) -> set[str]:
    return {reference_of(sid) for sid in sids}


def in_hours(hours: int) -> int:
    return START + hours * HOUR


class RegistryContract:
    """What the registry does, whatever the store is; a fixture ``store`` gives one."""

    @pytest.fixture
    def user(self, store: ExpiringStore) -> User:
        return User(store)

    def test_what_is_noted_is_listed_with_all_that_was_said(self, user: User) -> None:
        sid = user.note(label="Firefox, Lisbon")
        (found,) = user.listed()
        assert found == SignedIn(
            reference=reference_of(sid),
            created=datetime.fromtimestamp(START, UTC),
            seen=datetime.fromtimestamp(hour_of(START), UTC),
            label="Firefox, Lisbon",
            since=SINCE,
            session=session_id(sid),
        )
        assert user.find(sid) == found

    def test_a_subject_without_sessions_has_none(self, user: User) -> None:
        assert user.listed() == []

    def test_noting_again_says_all_of_it_anew_and_lists_it_once(self, user: User) -> None:
        first, second = user.note(), user.note()
        user.note(sid=first, label="Chrome")
        assert user.references() == [reference_of(second), reference_of(first)]
        assert [each.label for each in user.listed()] == ["Firefox", "Chrome"]

    def test_the_newest_seen_stands_first_and_then_the_newest(self, user: User) -> None:
        sids = [user.note(now=START + minutes * 60) for minutes in (3, 1, 2)]
        user.seen(sids[1], now=in_hours(2))
        order = [sids[1], sids[0], sids[2]]
        assert user.references() == [reference_of(sid) for sid in order]

    def test_what_a_mark_signed_out_is_left_out(self, user: User) -> None:
        user.note(since=SINCE - 1)
        user.note(since=SINCE)
        kept = user.note(since=SINCE + 1)
        assert user.references(mark=SINCE) == [reference_of(kept)]

    def test_what_has_ended_is_left_out(self, user: User) -> None:
        user.note(ends=START + 100)
        assert user.references(now=kept_until(START + 100) - 1)
        assert user.references(now=kept_until(START + 100)) == []

    def test_what_ended_long_ago_is_not_even_noted(self, user: User) -> None:
        sid = user.note(ends=START - DAY)
        assert user.find(sid) is None
        assert user.listed() == []

    def test_an_end_beyond_what_stores_keep_is_the_latest(self, user: User) -> None:
        sid = user.note(ends=MAX_END + 5.5)
        assert user.references(now=MAX_END - 1) == [reference_of(sid)]

    def test_no_subject_sees_or_finds_or_forgets_what_is_anothers(
        self, user: User, store: ExpiringStore
    ) -> None:
        other = User(store)
        sid = user.note()
        other.note()
        assert reference_of(sid) not in other.references()
        assert other.find(sid) is None
        other.registry.forget([reference_of(sid)], subject=other.octets)
        other.seen(sid, now=in_hours(1), label="mine")
        assert not other.move(sid, os.urandom(16))
        (found,) = user.listed()
        assert (found.reference, found.label) == (reference_of(sid), "Firefox")

    def test_an_administrator_finds_and_forgets_anyones(self, user: User) -> None:
        sid = user.note()
        assert user.registry.find(reference_of(sid), subject=None) == user.find(sid)
        user.registry.forget([reference_of(sid)], subject=None)
        assert user.listed() == []

    def test_a_reference_is_compared_as_it_is(self, user: User) -> None:
        sid = user.note()
        reference = reference_of(sid)
        odd = [
            "",
            reference[:-1],
            reference + "0",
            reference + "\n",
            " " + reference,
            reference.upper() + "A",
            reference.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})
            + "\u0660",
            "../" + reference,
            "\udc80" * 24,
            "x" * 10_000,
            sid.hex(),
            session_id(sid).hex(),
        ]
        for text in odd:
            assert user.registry.find(text, subject=user.octets) is None
            assert user.registry.find(text, subject=None) is None
        user.registry.forget(odd, subject=user.octets)
        user.registry.forget(odd, subject=None)
        assert user.references() == [reference]

    def test_what_is_forgotten_is_listed_no_more(self, user: User) -> None:
        sids = [user.note() for _ in range(4)]
        user.registry.forget([reference_of(sids[0]), reference_of(sids[2])], subject=user.octets)
        user.registry.forget([reference_of(os.urandom(16))], subject=user.octets)
        assert set(user.references()) == references_of([sids[1], sids[3]])
        assert user.find(sids[0]) is None

    def test_a_subject_that_is_forgotten_leaves_nothing(
        self, user: User, store: ExpiringStore
    ) -> None:
        other = User(store)
        kept = other.note()
        sids = [user.note() for _ in range(3)]
        user.registry.forget_subject(user.octets)
        user.registry.forget_subject(user.octets)
        assert user.listed() == []
        names = [entry_name(reference_of(sid)) for sid in sids]
        assert store.get_many([*names, user.listing]) == {}
        assert other.references() == [reference_of(kept)]

    def test_what_was_forgotten_does_not_come_back_by_its_use(self, user: User) -> None:
        ended, kept = user.note(), user.note()
        user.registry.forget([reference_of(ended)], subject=user.octets)
        user.seen(ended, now=in_hours(1))
        assert not user.move(ended, os.urandom(16))
        user.seen(ended, now=in_hours(2), label="again")
        assert user.references() == [reference_of(kept)]

    def test_what_is_ended_while_its_use_is_written_does_not_come_back(
        self, user: User, store: ExpiringStore
    ) -> None:
        sid = user.note()
        owner = user.registry

        class EndedMeanwhile(Counting):
            def get(self, name: str) -> bytes | None:
                found = store.get(name)
                if name == entry_name(reference_of(sid)):
                    owner.forget([reference_of(sid)], subject=user.octets)
                return found

        user.registry = Registry(cast("ExpiringStore", EndedMeanwhile(store)), index=lambda: INDEX)
        user.seen(sid, now=in_hours(1))
        user.registry = owner
        assert user.find(sid) is None

    def test_the_use_of_a_session_is_written_once_an_hour(self, store: ExpiringStore) -> None:
        counting = Counting(store)
        user = User(cast("ExpiringStore", counting))
        sid = user.note()
        counting.reads = counting.writes = 0
        for turn in range(20):
            user.seen(sid, now=START + turn, last=START, label=f"another {turn}")
        assert (counting.reads, counting.writes) == (0, 0)
        user.seen(sid, now=in_hours(1))
        # The entry, and the list, whose end moves with it.
        assert counting.writes == 2
        for turn in range(20):
            # Requests of one page, whose cookie was sealed in the hour before.
            user.seen(sid, now=in_hours(1) + turn, last=START)
        assert counting.writes == 2
        user.seen(sid, now=in_hours(2), last=in_hours(1), ends=START + DAY)
        # The end is not later, so the list stays as it is.
        assert counting.writes == 3
        assert user.listed()[0].seen == datetime.fromtimestamp(hour_of(in_hours(2)), UTC)

    def test_use_keeps_the_label_unless_another_is_given(self, user: User) -> None:
        sid = user.note(label="Firefox")
        user.seen(sid, now=in_hours(1))
        assert user.listed()[0].label == "Firefox"
        user.seen(sid, now=in_hours(2), last=in_hours(1), label="Chrome\n")
        assert user.listed()[0].label == "Chrome"
        user.seen(sid, now=in_hours(3), last=in_hours(2), label="")
        assert user.listed()[0].label == ""
        assert user.listed()[0].created == datetime.fromtimestamp(START, UTC)

    def test_a_slow_request_takes_nothing_back(self, user: User) -> None:
        sid = user.note()
        user.seen(sid, now=in_hours(5), since=SINCE + 7)
        user.seen(sid, now=in_hours(3), since=SINCE + 3)
        (found,) = user.listed(now=in_hours(5) + DAY)
        assert found.seen == datetime.fromtimestamp(hour_of(in_hours(5)), UTC)
        assert found.since == SINCE + 7

    def test_a_session_with_a_short_idle_time_is_listed_while_it_lives(self, user: User) -> None:
        idle, now, last = 600, float(START), float(START)
        sid = user.note(ends=now + idle)
        for _ in range(40):
            now += idle - 10
            user.seen(sid, now=now, last=last, ends=now + idle)
            last = now
            assert user.references(now=now) == [reference_of(sid)]

    def test_another_id_takes_the_place_of_the_old(self, user: User) -> None:
        sids = [user.note(label=f"number {number}") for number in range(3)]
        new = os.urandom(16)
        assert user.move(sids[1], new, since=SINCE + 5)
        expected = [sids[2], new, sids[0]]
        assert user.references() == [reference_of(sid) for sid in expected]
        assert user.find(sids[1]) is None
        found = user.find(new)
        assert found is not None
        assert (found.label, found.since, found.session) == ("number 1", SINCE + 5, session_id(new))
        assert found.created == datetime.fromtimestamp(START, UTC)

    def test_what_outlives_a_mark_is_moved_to_its_own_id(self, user: User) -> None:
        user.note()
        kept = user.note(label="this one")
        assert user.move(kept, kept, since=SINCE + 1)
        (found,) = user.listed(mark=SINCE)
        assert (found.reference, found.label) == (reference_of(kept), "this one")
        assert len(user.listed()) == 2

    def test_what_moves_after_its_end_is_not_listed(self, user: User) -> None:
        sid = user.note()
        assert not user.registry.move(
            old_sid=sid,
            sid=os.urandom(16),
            subject=user.octets,
            since=SINCE,
            ends=START - DAY,
            now=START,
        )

    def test_of_many_sessions_the_last_hundred_are_listed(self, user: User) -> None:
        sids = [user.note() for _ in range(150)]
        assert user.references() == [reference_of(sid) for sid in reversed(sids[-MOST_SESSIONS:])]
        # One that was left out is listed again when it is used: nobody hides a session for good.
        user.seen(sids[0], now=in_hours(1))
        references = user.references()
        assert references[0] == reference_of(sids[0])
        assert len(references) == MOST_SESSIONS
        assert reference_of(sids[50]) not in references

    def test_what_is_gone_makes_room_before_the_oldest_is_left_out(self, user: User) -> None:
        sids = [user.note() for _ in range(MOST_SESSIONS)]
        ended = references_of(sids[10:20])
        user.registry.forget(ended, subject=user.octets)
        sids += [user.note() for _ in range(10)]
        assert set(user.references()) == references_of(sids) - ended

    def test_of_sign_ins_at_the_same_moment_none_is_lost(self, user: User) -> None:
        sids = [os.urandom(16) for _ in range(16)]

        def sign_in(sid: bytes) -> None:
            user.note(sid=sid)

        assert run_together(sign_in, sids) == []
        assert set(user.references()) == references_of(sids)

    def test_whatever_comes_together_leaves_each_living_session_listed(self, user: User) -> None:
        sids = [user.note() for _ in range(12)]
        renamed = {sid: os.urandom(16) for sid in sids[:3]}
        fresh = [os.urandom(16) for _ in range(3)]

        def work(sid: bytes) -> None:
            if sid in renamed:
                assert user.move(sid, renamed[sid])
            elif sid in fresh or sid in sids[3:6]:
                user.note(sid=sid)
            elif sid in sids[6:9]:
                user.registry.forget([reference_of(sid)], subject=user.octets)
            else:
                user.seen(sid, now=in_hours(1))

        assert run_together(work, [*sids, *fresh]) == []
        living = [*renamed.values(), *sids[3:6], *sids[9:], *fresh]
        assert set(user.references()) == references_of(living)

    def test_a_damaged_entry_is_absent_and_noting_it_mends_it(
        self, user: User, store: ExpiringStore
    ) -> None:
        damaged, whole = user.note(), user.note()
        name = entry_name(reference_of(damaged))
        sealed = store.get(name)
        assert sealed is not None
        for octets in (b"", b"x", sealed[:-1], sealed + b"x", bytes([sealed[0] ^ 1]) + sealed[1:]):
            store.put(name, octets, ends=START + DAY)
            assert user.find(damaged) is None
            assert user.references() == [reference_of(whole)]
            user.seen(damaged, now=in_hours(1))
            assert not user.move(damaged, os.urandom(16))
            assert store.get(name) == octets
        user.note(sid=damaged)
        assert set(user.references()) == references_of([damaged, whole])

    def test_a_damaged_list_is_empty_and_use_mends_it(
        self, user: User, store: ExpiringStore
    ) -> None:
        sids = [user.note() for _ in range(3)]
        store.put(user.listing, b"damaged", ends=START + DAY)
        assert user.listed() == []
        for sid in sids[:2]:
            user.seen(sid, now=in_hours(1))
        last = user.note()
        assert set(user.references()) == references_of([*sids[:2], last])

    def test_exchanged_entries_are_absent(self, user: User, store: ExpiringStore) -> None:
        other = User(store)
        sids = [user.note(), user.note(), other.note()]
        names = [entry_name(reference_of(sid)) for sid in sids]
        kept = store.get_many(names)
        for name, taken in zip(names, (names[1], names[2], names[0]), strict=True):
            store.put(name, kept[taken], ends=START + DAY)
        assert user.listed() == other.listed() == []
        assert [user.find(sid) for sid in sids] == [None] * 3

    def test_exchanged_lists_are_empty(self, user: User, store: ExpiringStore) -> None:
        other = User(store)
        user.note()
        sid = other.note()
        kept = store.get(other.listing)
        assert kept is not None
        store.put(user.listing, kept, ends=START + DAY)
        assert user.listed() == []
        store.put(user.listing, store.get(entry_name(reference_of(sid))) or b"", ends=START + DAY)
        assert user.listed() == []

    def test_what_another_index_key_sealed_is_absent(
        self, user: User, store: ExpiringStore
    ) -> None:
        sid = user.note()
        registry = Registry(store, index=lambda: IndexKey(b"another" * 5))
        assert registry.of(user.octets, mark=0, now=START) == []
        assert registry.find(reference_of(sid), subject=None) is None

    def test_names_and_values_tell_neither_subject_nor_session_nor_label(
        self, user: User, store: ExpiringStore
    ) -> None:
        sid = user.note(label="Lisbon")
        names = [entry_name(reference_of(sid)), user.listing]
        stored = store.get_many(names)
        assert set(stored) == set(names)
        secrets = (sid, session_id(sid), user.octets, user.octets[1:])
        for name, value in stored.items():
            octets = name.encode() + value
            for secret in (*secrets, b"Lisbon"):
                assert secret not in octets
                assert secret.hex() not in name
        assert user.id not in b"".join(stored.values())

    @pytest.mark.parametrize(
        ("label", "shown"),
        [
            ("", ""),
            ("  Firefox \t on\r\nLinux\0\x1b[31m ", "Firefox on Linux[31m"),
            ("\u202egnp.exe\u2066", "gnp.exe"),
            ("a\u2028b\x85c\u00a0d", "a b c d"),
            ("half \ud83d pair", "half pair"),
            ("Zażółć 東京 \U0001f600", "Zażółć 東京 \U0001f600"),
            ("x" * 10_000, "x" * MOST_LETTERS),
            ("\n" * 10_000, ""),
            ("x" * 99 + " y", "x" * 99),
            ("<script>", "<script>"),
        ],
        ids=range(10),
    )
    def test_a_label_is_tidied(self, user: User, label: str, shown: str) -> None:
        user.note(label=label)
        assert user.listed()[0].label == shown

    def test_a_list_that_others_always_write_first_is_unavailable(
        self, user: User, store: ExpiringStore
    ) -> None:
        user.note()
        busy = OtherFirst(store)
        user.registry = Registry(cast("ExpiringStore", busy), index=lambda: INDEX)
        with pytest.raises(Unavailable, match="first") as raised:
            user.note()
        assert busy.writes < 100
        assert user.octets[1:].decode() not in str(raised.value)
        assert user.id.hex() not in str(raised.value)

    def test_nothing_is_logged_and_no_repr_tells_an_id(
        self, user: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            sid = user.note(label="Lisbon")
            (found,) = user.listed()
        assert caplog.records == []
        assert repr(found) == f"<SignedIn {reference_of(sid)}>"
        assert "Lisbon" not in repr(user.registry)
        assert session_id(sid).hex() not in repr(found)


class TestInMemory(RegistryContract):
    @pytest.fixture
    def store(self) -> ExpiringStore:
        return MemoryStore()


class TestInSQLite(RegistryContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ExpiringStore]:
        store = SQLiteStore(tmp_path / "registry.db")
        yield store
        store.close()


@pytest.mark.once
class TestInRedis(RegistryContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
        server = RedisServer(tmp_path_factory.mktemp("redis"))
        server.start()
        yield server
        server.stop()

    @pytest.fixture
    def store(self, server: RedisServer) -> Iterator[ExpiringStore]:
        store = RedisStore(f"redis://{HOST}:{server.port}")
        yield store
        store.close()


def test_what_ends_sooner_shortens_nothing() -> None:
    with moving_clock() as standing:
        user = User(MemoryStore())
        now = standing.now()
        kept = user.note(now=now, ends=now + 9 * DAY)
        user.note(now=now, ends=now + DAY)
        user.seen(kept, now=now + HOUR, last=now, ends=now + 2 * DAY)
        user.note(now=now + HOUR, ends=now + DAY)
        standing.wait_until(now + 8 * DAY)
        assert user.references(now=standing.now()) == [reference_of(kept)]


class Whole(Protocol):
    def to_octets(self) -> bytes: ...


SECONDS = st.integers(0, 2**32 - 1)
LABELS = st.text(st.characters(exclude_categories=["Cs"]), max_size=MOST_LETTERS)
ENTRIES = st.builds(
    Entry,
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=8, max_size=8),
    st.integers(0, 2**64 - 1),
    SECONDS,
    SECONDS.map(hour_of),
    SECONDS,
    LABELS,
)
REFERENCES = st.binary(min_size=12, max_size=12).map(bytes.hex)
LISTINGS = st.builds(
    Listing, SECONDS, st.lists(REFERENCES, unique=True, max_size=MOST_SESSIONS).map(tuple)
)


@given(ENTRIES)
def test_what_is_kept_of_a_session_comes_back(entry: Entry) -> None:
    assert Entry.from_octets(entry.to_octets()) == entry
    assert entry.shown("reference").created.timestamp() == entry.created


@given(LISTINGS)
def test_what_is_kept_of_a_subject_comes_back(listing: Listing) -> None:
    assert Listing.from_octets(listing.to_octets()) == listing


@given(st.binary(max_size=200))
def test_what_is_read_is_written_octet_by_octet(octets: bytes) -> None:
    read: list[Whole | None] = [Entry.from_octets(octets), Listing.from_octets(octets)]
    for whole in read:
        assert whole is None or whole.to_octets() == octets


@given(st.text())
def test_a_tidy_label_is_short_printable_and_stays_as_it_is(label: str) -> None:
    tidied = tidy(label)
    assert len(tidied) <= MOST_LETTERS
    assert tidied.isprintable()
    assert tidy(tidied) == tidied


def test_octets_of_another_form_are_none() -> None:
    entry = Entry(bytes(16), bytes(8), 1, 2, HOUR, 3, "x" * MOST_LETTERS)
    octets = entry.to_octets()
    assert Entry.from_octets(octets) == entry
    for odd in (b"", octets[:43], octets + b"x", octets[:-1] + b"\xff"):
        assert Entry.from_octets(odd) is None
    assert Entry.from_octets(entry._replace(seen=HOUR + 1).to_octets()) is None
    references = tuple(number.to_bytes(12, "big").hex() for number in range(MOST_SESSIONS + 1))
    assert Listing.from_octets(Listing(1, references).to_octets()) is None
    assert Listing.from_octets(Listing(1, references[:2] * 2).to_octets()) is None
    for odd in (b"", b"abc", bytes(4 + 11)):
        assert Listing.from_octets(odd) is None


def test_what_is_kept_shows_nothing_of_itself() -> None:
    assert repr(Entry(bytes(16), bytes(8), 1, 2, HOUR, 3, "Lisbon")) == "<Entry>"
