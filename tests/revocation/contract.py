"""The contract of lists in stores as tests, written once and run against every backend.

A backend's test module gives the fixture ``backend``, as the tests of stores do, and derives a
class from each part that holds for it::

    class TestMyList(ListContract): ...         # every store
    class TestLasting(LastingContract): ...     # its clock can be moved
    class TestSharing(SharedListContract): ...  # several processes

Each test has a part of the store that is its own, so nobody has to empty anything.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions import clock
from cookie_sessions.claims import Claims
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.revocation import entries
from cookie_sessions.revocation.entries import Ended
from cookie_sessions.revocation.facts import Question, Standing
from cookie_sessions.revocation.identity import session_id
from cookie_sessions.stores.entry import MAX_END
from tests.plain import Site
from tests.stores.backend import Backend, Parts
from tests.stores.processes import in_processes
from tests.together import run_together

from .world import CODEC, HOUR, KID, Apart, Clocks, Process, list_of, named

A_WHILE = 30
"""Seconds of a grace that is not over when a test looks, in a store whose clock goes on too."""

FOUR_MINUTES = 240
DAY = 86_400
THREADS = 8
CLOCKS_APART = [(0, 0), (0, -240), (0, 240), (-240, 0), (240, 0), (120, -120), (-120, 120)]
FOREIGN = b"what another program keeps under our prefix"
GIVEN = b"an index key that a setting gives, of 48 octets.."


class Lists(Parts):
    @pytest.fixture
    def apart(self, backend: Backend, own: str) -> Iterator[Apart]:
        store = backend.open()
        yield Apart(store, own)
        store.close()

    @pytest.fixture
    def clocks(self, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Clocks:
        # The backend has put its own clock in the place of ours by now.
        return Clocks(monkeypatch)

    @pytest.fixture
    def here(self, apart: Apart, clocks: Clocks) -> Process:
        return Process(apart, clocks)

    @pytest.fixture
    def there(self, apart: Apart, clocks: Clocks) -> Process:
        return Process(apart, clocks)


class ListContract(Lists):
    """What a list does, whatever store keeps it."""

    def test_a_session_that_was_revoked_is_refused_by_all_and_no_other_is(
        self, here: Process, there: Process
    ) -> None:
        stolen, other = here.sign_in("alice"), here.sign_in("alice")
        assert not there.refuses(stolen)
        here.revoke(stolen)
        assert here.refuses(stolen)
        assert there.refuses(stolen)
        assert not there.refuses(other)
        assert there.refuses(stolen._replace(since=2**60)), "an id counts whatever its since"

    def test_revoking_again_or_what_is_unknown_or_has_ended_is_no_error(
        self, apart: Apart, here: Process, there: Process
    ) -> None:
        session = here.sign_in("alice")
        here.revoke(session)
        before = apart.entries()
        there.revoke(session)
        assert apart.entries() == before, "the first moment stays"
        here.revocations.revoke(os.urandom(16).hex())
        long_ago = int(clock.now()) - DAY
        here.revocations.end((os.urandom(8),), until=long_ago)
        here.revocations.end(())
        assert here.refuses(session)

    @pytest.mark.parametrize("sid", ["", "a" * 31, "a" * 33, "g" * 32, "\u0660" * 32, " " * 32])
    def test_what_is_no_id_is_an_error_of_who_names_it(
        self, apart: Apart, here: Process, sid: str
    ) -> None:
        with pytest.raises(UsageError, match="32 hexadecimal digits"):
            here.revocations.revoke(sid)
        assert apart.entries() == {}

    def test_all_sessions_of_a_subject_are_refused_and_nobody_elses(
        self, here: Process, there: Process
    ) -> None:
        hers = [here.sign_in("alice"), there.sign_in("alice")]
        others = [
            here.sign_in("bob"),
            here.sign_in("Alice"),
            here.sign_in(),
            here.sign_in(b"alice"),
        ]
        here.revoke_subject("alice")
        assert [there.refuses(each) for each in hers] == [True, True]
        assert [there.refuses(each) for each in others] == [False] * 4

    @pytest.mark.parametrize(
        ("signed_in", "revoked"),
        [
            *[(7, "7"), ("7", 7), (UUID(int=7), str(UUID(int=7))), (str(UUID(int=7)), UUID(int=7))],
            *[("x" * 10_000, "x" * 10_000), ("ä\ud800\0", "ä\ud800\0"), (b"\xff", b"\xff")],
            *[(("shop", 7), ("shop", 7)), (True, True), (-7, "-7")],
        ],
        ids=lambda value: ascii(value)[:20],
    )
    def test_a_subject_is_ended_however_it_is_written(
        self, here: Process, there: Process, signed_in: Any, revoked: Any
    ) -> None:
        session = here.sign_in(signed_in)
        there.revoke_subject(revoked)
        assert here.refuses(session)
        assert not here.refuses(here.sign_in(signed_in))

    def test_all_sessions_are_refused_those_of_nobody_too(
        self, here: Process, there: Process
    ) -> None:
        sessions = [here.sign_in(), here.sign_in("alice"), there.sign_in(7)]
        here.revoke_all()
        assert [there.refuses(each) for each in sessions] == [True] * 3
        assert not there.refuses(there.sign_in())
        assert not there.refuses(here.sign_in("alice"))

    def test_sessions_of_a_key_are_refused_those_that_it_sealed_before_too(
        self, here: Process, there: Process
    ) -> None:
        session = here.sign_in("alice")
        here.revocations.revoke_key(KID.hex())
        here.revocations.revoke_key(b"kid7".hex())
        for kid, former in ((KID, ()), (b"kid1", (KID,)), (b"kid1", (b"kid2", b"kid7"))):
            claims = session._replace(former_kids=former)
            checked = there.revocations.check(claims, kid=kid)
            assert checked.standing is Standing.KEY_REVOKED
            assert there.refuses(claims, kid=kid)
        assert not there.refuses(session._replace(former_kids=(b"kid2",)), kid=b"kid1")

    @pytest.mark.parametrize("kid", ["", "abcdefg", "abcdefgh", "0123456", "012345678"])
    def test_what_is_no_key_id_is_an_error_of_who_names_it(self, here: Process, kid: str) -> None:
        with pytest.raises(UsageError, match="8 hexadecimal digits"):
            here.revocations.revoke_key(kid)

    def test_what_began_before_a_moment_is_refused_and_what_began_well_after_is_not(
        self, here: Process, there: Process
    ) -> None:
        now = clock.now()
        marks = ((here.revoke_subject, ("alice",), SKEW), (here.revoke_all, (), 2 * SKEW))
        for revoke, subject, reach in marks:
            ago = now - HOUR
            revoke(*subject, before=ago)
            session = there.sign_in("alice")
            old = session._replace(since=int((ago + reach) * 1000))
            assert there.refuses(old)
            assert not there.refuses(old._replace(since=old.since + 1))
            assert not there.refuses(session)

    @pytest.mark.parametrize("ahead", [20.0, 1e6, 1e12])
    def test_nothing_is_ended_before_a_moment_that_is_to_come(
        self, apart: Apart, here: Process, ahead: float
    ) -> None:
        with pytest.raises(UsageError, match="still to come"):
            here.revoke_subject("alice", before=clock.now() + ahead)
        with pytest.raises(UsageError, match="still to come"):
            here.revoke_all(before=clock.now() + ahead)
        assert not [name for name in apart.entries() if name.startswith(entries.SUBJECT)]

    @pytest.mark.parametrize(("first", "second"), CLOCKS_APART)
    @pytest.mark.parametrize("how", ["subject", "all", "subject then all", "all then subject"])
    def test_who_signed_in_after_a_revocation_is_refused_after_the_next(
        self, apart: Apart, clocks: Clocks, first: int, second: int, how: str
    ) -> None:
        one, two = Process(apart, clocks, ahead=first), Process(apart, clocks, ahead=second)
        ways: dict[str, Callable[[Process], None]] = {
            "subject": lambda process: process.revoke_subject("alice"),
            "all": lambda process: process.revoke_all(),
        }
        begin, _, then = how.partition(" then ")
        for revoker, way in (
            (one, begin),
            (two, then or begin),
            (two, begin),
            (one, then or begin),
        ):
            sessions = [one.sign_in("alice"), two.sign_in("alice")]
            assert not any(each.refuses(session) for each in (one, two) for session in sessions)
            ways[way](revoker)
            assert all(each.refuses(session) for each in (one, two) for session in sessions)

    def test_marks_only_move_forward_whatever_the_clocks_say(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        watcher = Process(apart, clocks)

        @settings(max_examples=15)
        @given(
            st.lists(
                st.tuples(
                    st.sampled_from(["subject", "all"]),
                    st.integers(-FOUR_MINUTES // 2, FOUR_MINUTES // 2),
                    st.none() | st.integers(0, 3 * HOUR),
                ),
                max_size=6,
            )
        )
        def only_move_forward(steps: list[tuple[str, int, int | None]]) -> None:
            marks = [watcher.mark("alice"), watcher.mark()]
            for what, ahead, ago in steps:
                process = Process(apart, clocks, ahead=ahead)
                with process.clock():
                    before = None if ago is None else clock.now() - ago
                if what == "subject":
                    process.revoke_subject("alice", before=before)
                else:
                    process.revoke_all(before=before)
                now = [watcher.mark("alice"), watcher.mark()]
                assert all(after >= former for after, former in zip(now, marks, strict=True))
                if before is None:
                    which = 0 if what == "subject" else 1
                    assert now[which] > marks[which]
                marks = now

        only_move_forward()

    def test_of_marks_that_threads_write_at_once_the_latest_stays(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        watcher = Process(apart, clocks)
        old = [watcher.sign_in("alice") for _ in range(3)]
        written: list[int] = []

        def revoke(ahead: int) -> None:
            process = Process(apart, clocks, ahead=ahead)
            with process.clock():
                for _ in range(4):
                    raised = process.list.raise_subject(named(process.list, "alice"), before=None)
                    assert raised.mark > raised.former or raised.mark == raised.former
                    written.append(raised.mark)

        assert run_together(revoke, range(-120, 121, 240 // (THREADS - 1))) == []
        assert watcher.mark("alice") == max(written)
        assert all(watcher.refuses(session) for session in old)
        assert not watcher.refuses(watcher.sign_in("alice"))

    def test_of_keys_and_marks_that_threads_revoke_at_once_none_is_lost(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        kids = [b"key%d" % number for number in range(THREADS)]

        def revoke(number: int) -> None:
            process = Process(apart, clocks, ahead=number - THREADS // 2)
            process.revocations.revoke_key(kids[number].hex())
            process.revoke_all()

        watcher = Process(apart, clocks)
        session = watcher.sign_in()
        assert run_together(revoke, range(THREADS)) == []
        assert watcher.refuses(session)
        fresh = watcher.sign_in()
        assert not watcher.refuses(fresh)
        assert all(watcher.refuses(fresh, kid=kid) for kid in kids)

    def test_sign_ins_and_revocations_of_many_threads_agree(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        """What began before a call of revoke_subject is refused after it, and what begins after a
        call and before the next is not."""
        turn = threading.Lock()
        sessions: list[Claims] = []

        def live(number: int) -> None:
            process = Process(apart, clocks, ahead=30 * number - 120)
            for _ in range(3):
                with turn:
                    before = list(sessions)
                process.revoke_subject("alice")
                assert all(process.refuses(session) for session in before)
                mine = process.sign_in("alice")
                with turn:
                    sessions.append(mine)

        assert run_together(live, range(THREADS)) == []
        watcher = Process(apart, clocks)
        assert not watcher.refuses(watcher.sign_in("alice"))
        watcher.revoke_subject("alice")
        assert all(watcher.refuses(session) for session in sessions)

    def test_of_many_threads_one_is_the_successor(self, apart: Apart, here: Process) -> None:
        for _ in range(5):
            old, first = os.urandom(8), threading.Barrier(THREADS)
            told: list[bytes] = []
            at = int((clock.now() + A_WHILE) * 1000)

            def succeed(
                number: int,
                old: bytes = old,
                first: threading.Barrier = first,
                told: list[bytes] = told,
                at: int = at,
            ) -> None:
                mine = number.to_bytes(8, "big")
                first.wait(60)
                if here.list.succeed(old, Ended(at, True, mine)):
                    told.append(mine)

            assert run_together(succeed, range(THREADS)) == []
            assert len(told) == 1
            octets = apart.get(entries.session_name(old))
            assert octets is not None
            assert Ended.from_octets(octets).successor == told[0]

    def test_nothing_takes_the_place_of_what_has_ended(self, here: Process) -> None:
        old = os.urandom(8)
        here.list.end(old)
        assert not here.list.succeed(
            old, Ended(int((clock.now() + A_WHILE) * 1000), True, bytes(8))
        )
        assert here.list.ask(Question((old,), None, 1, ())).ended is not None

    def test_a_session_fades_until_its_moment_by_the_clock_of_who_looks(
        self, apart: Apart, clocks: Clocks, here: Process
    ) -> None:
        session = here.sign_in("alice")
        old = session_id(session.sid)
        ends = int(clock.now()) + A_WHILE
        assert here.list.succeed(old, Ended(ends * 1000, True, os.urandom(8)))
        for ahead, standing in (
            (0, Standing.FADES),
            (-25, Standing.FADES),
            (60, Standing.REVOKED),
            # Where no grace can lie so far ahead, the clock of who gave it is.
            (-240, Standing.REVOKED),
        ):
            other = Process(apart, clocks, ahead=ahead)
            with other.clock():
                assert other.revocations.check(session, kid=KID).standing is standing

    def test_the_end_of_a_session_reaches_those_that_went_on_in_its_place(
        self, here: Process, there: Process
    ) -> None:
        chain = [here.sign_in("alice") for _ in range(4)]
        later = int((clock.now() + A_WHILE) * 1000)
        for old, new in itertools.pairwise(chain):
            entry = Ended(later, True, session_id(new.sid))
            assert here.list.succeed(session_id(old.sid), entry)
        there.revoke(chain[1])
        # A grace ends with whom it leads to.
        assert [here.refuses(each) for each in chain] == [True] * 4

    def test_the_end_of_the_last_of_many_successors_is_found(self, here: Process) -> None:
        chain = [here.sign_in("alice") for _ in range(50)]
        later = int((clock.now() + A_WHILE) * 1000)
        for old, new in itertools.pairwise(chain):
            entry = Ended(later, True, session_id(new.sid))
            assert here.list.succeed(session_id(old.sid), entry)
        assert not any(here.refuses(each) for each in chain)
        here.revoke(chain[0])
        assert all(here.refuses(each) for each in chain)

    def test_the_end_of_a_session_that_was_superseded_reaches_its_successor(
        self, here: Process, there: Process
    ) -> None:
        old, new = here.sign_in("alice"), here.sign_in("alice")
        entry = Ended(int(clock.now() * 1000), False, session_id(new.sid))
        assert here.list.succeed(session_id(old.sid), entry)
        assert here.refuses(old)
        assert not here.refuses(new)
        there.revoke(old)
        assert here.refuses(new)

    def test_a_circle_of_successors_ends(self, here: Process) -> None:
        one, two = os.urandom(8), os.urandom(8)
        at = int((clock.now() + A_WHILE) * 1000)
        assert here.list.succeed(one, Ended(at, True, two))
        assert here.list.succeed(two, Ended(at, True, one))
        here.list.end(one)
        for each in (one, two):
            assert here.list.ask(Question((each,), None, 1, ())).ended is not None

    def test_what_is_taken_back_is_as_before(self, apart: Apart, here: Process) -> None:
        session = here.sign_in("alice")
        before = apart.entries()
        entry = Ended(int(clock.now() * 1000), False, os.urandom(8))
        assert here.list.succeed(session_id(session.sid), entry)
        assert here.refuses(session)
        here.list.take_back(session_id(session.sid), entry)
        assert not here.refuses(session)
        assert apart.entries() == before
        here.list.take_back(session_id(session.sid), entry)
        assert here.list.succeed(session_id(session.sid), entry)

    def test_only_its_own_is_taken_back(self, here: Process, there: Process) -> None:
        session = here.sign_in("alice")
        old = session_id(session.sid)
        at = int((clock.now() + A_WHILE) * 1000)
        mine, others = Ended(at, True, os.urandom(8)), Ended(at, True, os.urandom(8))
        assert there.list.succeed(old, others)
        here.list.take_back(old, mine)
        assert here.revocations.check(session, kid=KID).standing is Standing.FADES
        there.revoke(session)
        there.list.take_back(old, others)
        assert here.refuses(session), "what was ended meanwhile stays so"

    def test_an_entry_outlives_the_cookie_that_is_in_hand(
        self, apart: Apart, here: Process
    ) -> None:
        far = int(clock.now()) + 40 * DAY
        identity = os.urandom(8)
        here.list.end(identity, until=far)
        assert apart.last_end(entries.session_name(identity)) >= far + SKEW
        here.list.end(identity)
        assert apart.calls[-1].method in ("extend", "get")
        other = os.urandom(8)
        assert here.list.succeed(other, Ended(0, False), until=far)
        assert apart.last_end(entries.session_name(other)) >= far + SKEW

    def test_an_entry_without_a_cookie_outlives_what_any_process_has_sealed(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        long = Process(apart, clocks, longest=30 * DAY, ahead=FOUR_MINUTES)
        short = Process(apart, clocks, longest=60)
        until = long.sign_in("alice").until
        identity = os.urandom(8)
        short.list.end(identity)
        short.revoke_subject("alice")
        short.revoke_all()
        subject = entries.subject_name(named(short.list, "alice"))
        for name in (entries.session_name(identity), subject, entries.GENERAL):
            assert apart.last_end(name) >= until + SKEW

    def test_the_longest_end_is_told_rarely_and_never_goes_back(
        self, apart: Apart, clocks: Clocks, here: Process
    ) -> None:
        until = int(clock.now()) + 30 * DAY
        here.list.note_end(until)
        before = len(apart.calls)
        for later in range(0, DAY, 60):
            here.list.note_end(until + later)
        assert len(apart.calls) == before
        here.list.note_end(until + 20 * DAY)
        assert len(apart.calls) > before
        noted = entries.number_from(apart.get(entries.LONGEST))
        assert noted >= until + 20 * DAY
        Process(apart, clocks).list.note_end(until)
        assert entries.number_from(apart.get(entries.LONGEST)) == noted
        here.list.note_end(MAX_END)
        assert entries.number_from(apart.get(entries.LONGEST)) == MAX_END

    def test_of_longest_ends_that_threads_note_at_once_the_latest_stays(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        now = int(clock.now())
        ends = [now + number * 10 * DAY for number in range(THREADS)]
        assert run_together(lambda end: Process(apart, clocks).list.note_end(end), ends) == []
        assert entries.number_from(apart.get(entries.LONGEST)) >= max(ends)

    def test_threads_agree_on_the_index_key_and_so_do_later_processes(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        found: list[bytes] = []

        def agree(_: int) -> None:
            written = list_of(apart)
            found.append(written.index().subject(b"talice"))
            assert written.index() is written.index()

        assert run_together(agree, range(THREADS)) == []
        agree(0)
        assert len(set(found)) == 1
        assert apart.last_end(entries.INDEX) == MAX_END

    def test_a_key_that_is_given_to_all_is_agreed_on(self, apart: Apart) -> None:
        found: list[bytes] = []
        lists = [list_of(apart, index_secret=GIVEN) for _ in range(THREADS)]
        each = run_together(lambda one: found.append(one.index().subject(b"talice")), lists)
        assert each == []
        assert len(set(found)) == 1
        assert not any(GIVEN[:8] in value for value in apart.entries().values())

    @pytest.mark.parametrize(
        ("first", "second", "remedy"),
        [
            (None, GIVEN, "Take COOKIE_SESSIONS_INDEX_KEY out"),
            (GIVEN, None, "Give COOKIE_SESSIONS_INDEX_KEY the value"),
            (GIVEN, GIVEN[::-1], "Give COOKIE_SESSIONS_INDEX_KEY the value"),
        ],
    )
    def test_another_index_key_is_an_error_of_the_configuration(
        self, apart: Apart, first: bytes | None, second: bytes | None, remedy: str
    ) -> None:
        list_of(apart, index_secret=first).index()
        before = apart.entries()
        wrong = list_of(apart, index_secret=second)
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=remedy) as error:
                wrong.index()
            assert GIVEN.decode() not in str(error.value)
        assert apart.entries() == before
        list_of(apart, index_secret=first).index()

    def test_all_questions_about_a_session_are_one_round_trip(
        self, apart: Apart, here: Process, there: Process
    ) -> None:
        session = here.sign_in("alice")._replace(
            former_kids=(b"kid7",), imported_from=os.urandom(8)
        )
        here.refuses(session)
        here.revoke_subject("alice")
        apart.calls.clear()
        assert here.refuses(session)
        assert apart.methods == ["get_many"]
        assert len(apart.calls[0].names) == 4
        apart.calls.clear()
        assert not there.refuses(session._replace(subject=None))
        assert apart.methods == ["get_many"], "nobody's session needs no index key"

    def test_a_page_of_twenty_requests_asks_once_and_another_process_as_well(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        one, two = (Process(apart, clocks, staleness=2.0) for _ in range(2))
        session = one.sign_in("alice")
        for process in (one, two):
            process.list.index()
            apart.calls.clear()
            assert not any(process.refuses(session) for _ in range(20))
            assert apart.methods in (["get_many"], [])
        one.revoke(session)
        apart.calls.clear()
        assert all(one.refuses(session) for _ in range(20)), "what is written here counts at once"
        assert apart.methods == ["get_many"]
        with clocks.ahead(2.0):
            assert two.refuses(session)

    def test_a_session_that_begins_is_counted_from_marks_that_the_store_has_now(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        one, two = (Process(apart, clocks, staleness=2.0) for _ in range(2))
        assert not one.refuses(one.sign_in("alice"))
        two.revoke_subject("alice")
        session = one.sign_in("alice")
        assert not two.refuses(session)
        two.revoke_all()
        assert not two.refuses(one.sign_in())

    def test_nothing_in_the_store_says_whose_or_which_session_it_is(
        self, apart: Apart, here: Process
    ) -> None:
        subjects: list[Any] = ["alice@example.org", 4_711_000_815, UUID(int=2**100 + 7)]
        sessions = [here.sign_in(subject) for subject in subjects]
        for session, subject in zip(sessions, subjects, strict=True):
            here.revoke(session)
            here.revoke_subject(subject)
        here.revoke_all()
        kept = apart.entries()
        assert len(kept) == 2 * len(subjects) + 3
        secrets = [session.sid for session in sessions]
        for subject in subjects:
            secrets += [str(subject).encode(), CODEC.pack(subject, name="the subject")]
            secrets.append(here.revocations.subject_octets(subject))
        for name, value in kept.items():
            texts = (name.encode(), value, value.hex().encode())
            for secret in secrets:
                assert not any(secret in text for text in texts)
                assert not any(secret.hex().encode() in text for text in texts)

    def test_the_sessions_of_nobody_make_no_entry_unless_that_is_asked_for(
        self, apart: Apart, here: Process, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = clock.now()
        site = Site(monkeypatch)
        site.now = now
        site.manager.revocations = here.revocations

        def made() -> list[str]:
            return [name for name in apart.entries() if name.startswith(entries.SESSION)]

        text = ""
        for _ in range(5):
            text = site.store(cart=[1])
            session = site.arrive(text)
            session.regenerate()
            text = site.write(session)
            session = site.arrive(text)
            session.destroy()
            site.respond(session)
        assert made() == []
        assert [event.name for event in here.happened].count(EventName.NOT_REVOKED) == 1
        session = site.arrive(text)
        session.destroy(revoke=True)
        assert len(made()) == 1
        assert site.arrive(text).new

    def test_the_list_holds_what_is_refused_now(self, apart: Apart, here: Process) -> None:
        now = clock.now()
        ended, fading, faded, kept = (os.urandom(8) for _ in range(4))
        here.list.end(ended)
        for identity, at in ((fading, now + 5), (faded, now - 5)):
            assert here.list.succeed(identity, Ended(int(at * 1000), True, kept))
        entry = Ended(int(now * 1000), False, os.urandom(8))
        assert here.list.succeed(kept, entry)
        here.list.take_back(kept, entry)
        here.revoke_subject("alice")
        subject_mark = here.mark("alice")
        here.revocations.revoke_key("0badc0de")
        here.revoke_all()
        listed = here.list.listed(now=now)
        assert sorted(listed.sessions) == sorted([ended, faded])
        assert listed.subjects == [(named(here.list, "alice"), subject_mark)]
        assert list(listed.kids) == [bytes.fromhex("0badc0de")]
        assert listed.mark == here.mark()
        assert sorted(here.list.listed(now=now + 5).sessions) == sorted([ended, faded, fading])

    def test_an_empty_list_holds_nothing(self, here: Process) -> None:
        listed = here.list.listed(now=clock.now())
        assert (list(listed.sessions), list(listed.subjects), tuple(listed.kids), listed.mark) == (
            *([], [], ()),
            0,
        )

    def test_a_list_of_many_is_whole(self, here: Process) -> None:
        identities = {number.to_bytes(8, "big") for number in range(600)}
        self.fill(here, identities)
        assert set(here.list.listed(now=clock.now()).sessions) == identities

    def fill(self, process: Process, identities: set[bytes]) -> None:
        octets = Ended(int(clock.now() * 1000)).to_octets()
        values = {entries.session_name(identity): octets for identity in identities}
        process.list.store.put_many(values, ends=clock.now() + HOUR)

    def test_sequence_numbers_grow_whoever_asks(self, apart: Apart) -> None:
        first, *others = [list_of(apart).next_sequence() for _ in range(3)]
        assert first >= int(clock.now()) - 60
        assert others[0] > first
        given: list[int] = []

        def take(_: int) -> None:
            mine = [list_of(apart).next_sequence() for _ in range(3)]
            assert mine == sorted(set(mine))
            given.extend(mine)

        assert run_together(take, range(THREADS)) == []
        assert len(set(given)) == 3 * THREADS
        assert min(given) > others[-1]
        assert apart.last_end(entries.SEQUENCE) == MAX_END

    @pytest.mark.parametrize("octets", [b"", FOREIGN])
    def test_what_others_wrote_in_the_place_of_an_entry_refuses_all_whom_it_may_concern(
        self, apart: Apart, here: Process, octets: bytes
    ) -> None:
        session = here.sign_in("alice")
        subject = entries.subject_name(named(here.list, "alice"))
        names = (entries.session_name(session_id(session.sid)), subject, entries.GENERAL)
        for name in names:
            before = apart.get(name)
            apart.put(name, octets, ends=clock.now() + HOUR)
            for accepting in (False, True):
                here.revocations._accepts_unchecked = accepting
                if accepting:
                    assert here.revocations.check(session, kid=KID).unchecked
                    continue
                with pytest.raises(Unavailable) as error:
                    here.refuses(session)
                assert FOREIGN.decode() not in str(error.value)
            here.revocations._accepts_unchecked = False
            if before is None:
                apart.delete([name])
            else:
                apart.put(name, before, ends=clock.now() + HOUR)
            assert not here.refuses(session)

    @pytest.mark.parametrize("octets", [b"", FOREIGN])
    def test_nothing_is_written_over_what_others_wrote(
        self, apart: Apart, clocks: Clocks, octets: bytes
    ) -> None:
        identity = os.urandom(8)
        name = entries.session_name(identity)
        subject = named(list_of(apart), "alice")
        changes: list[tuple[str, Callable[[Process], object]]] = [
            (name, lambda process: process.list.end(identity)),
            (
                entries.subject_name(subject),
                lambda process: process.list.raise_subject(subject, before=None),
            ),
            (entries.GENERAL, lambda process: process.list.raise_general(kids=[KID])),
            (entries.GENERAL, lambda process: process.list.raise_general(all_sessions=True)),
            (entries.LONGEST, lambda process: process.list.note_end(int(clock.now()) + HOUR)),
            (entries.LONGEST, lambda process: process.list.end(identity)),
            (entries.SEQUENCE, lambda process: process.list.next_sequence()),
        ]
        for place, change in changes:
            apart.put(place, octets, ends=clock.now() + HOUR)
            with pytest.raises(Unavailable) as error:
                change(Process(apart, clocks))
            assert FOREIGN.decode() not in str(error.value)
            assert apart.get(place) == octets
            apart.delete([place])
        apart.put(entries.INDEX, octets, ends=clock.now() + HOUR)
        with pytest.raises(Unavailable):
            list_of(apart).index()
        with pytest.raises(Unavailable):
            list_of(apart, index_secret=GIVEN).index()

    def test_names_of_another_form_among_the_entries_stop_the_list(
        self, apart: Apart, here: Process
    ) -> None:
        octets = Ended(1).to_octets()
        for name in ("session:not-hex", "session:abc", "session:abcd", "subject:abcd"):
            apart.put(entries.PREFIX + name, octets, ends=clock.now() + HOUR)
            with pytest.raises(Unavailable):
                here.list.listed(now=clock.now())
            apart.delete([entries.PREFIX + name])


class LastingContract(Lists):
    """How long entries live, in stores whose clock the tests move."""

    def test_a_session_that_was_revoked_by_its_id_alone_is_refused_to_its_end(
        self, backend: Backend, apart: Apart, clocks: Clocks
    ) -> None:
        long = Process(apart, clocks, longest=30 * DAY, ahead=FOUR_MINUTES / 2)
        short = Process(apart, clocks, longest=60, ahead=-FOUR_MINUTES / 2)
        by_id, by_subject, by_all = (long.sign_in(name) for name in ("alice", "bob", None))
        by_key = long.sign_in()
        short.revoke(by_id)
        short.revoke_subject("bob")
        short.revocations.revoke_key("00000001")
        short.revoke_all()
        kid = b"\0\0\0\1"
        for moment in (DAY, 15 * DAY, 30 * DAY - 60, 30 * DAY + FOUR_MINUTES):
            backend.wait_until(by_all.until - 30 * DAY + moment)
            for process in (long, short):
                assert all(process.refuses(each) for each in (by_id, by_subject, by_all))
                assert process.refuses(by_key._replace(since=2**60), kid=kid)

    def test_a_refreshed_session_is_refused_to_its_new_end(
        self, backend: Backend, apart: Apart, clocks: Clocks
    ) -> None:
        """The entry is made after the last refresh, by a process that saw none of them."""
        writer = Process(apart, clocks, longest=2 * DAY)
        session = writer.sign_in("alice")
        for _ in range(5):
            backend.wait_until(clock.now() + DAY)
            session = session._replace(until=int(clock.now()) + 2 * DAY)
            writer.revocations.note_end(session.until, needed=True)
        revoker = Process(apart, clocks, longest=60)
        revoker.revoke(session)
        backend.wait_until(session.until + FOUR_MINUTES)
        assert writer.refuses(session)

    def test_the_list_stays_small(self, backend: Backend, apart: Apart, clocks: Clocks) -> None:
        process = Process(apart, clocks, longest=HOUR)
        for _ in range(5):
            process.revoke(process.sign_in("alice"))
            process.revoke_subject("alice")
        backend.wait_until(clock.now() + 30 * DAY)
        assert set(apart.entries()) <= {entries.INDEX, entries.LONGEST}

    def test_a_mark_that_has_ended_refuses_nobody_who_signs_in(
        self, backend: Backend, apart: Apart, clocks: Clocks
    ) -> None:
        process = Process(apart, clocks, longest=HOUR)
        process.revoke_all()
        backend.wait_until(clock.now() + 30 * DAY)
        session = process.sign_in("alice")
        assert not process.refuses(session)
        process.revoke_subject("alice")
        assert process.refuses(session)


class SharedListContract(Lists):
    """What a list is to several processes that share nothing but the store."""

    def test_processes_agree_on_the_index_key(self, backend: Backend, own: str) -> None:
        def agree(_: int) -> bytes:
            return list_of(Apart(backend.open(), own)).index().subject(b"talice")

        assert len(set(in_processes(agree, 4))) == 1

    def test_of_what_processes_revoke_at_once_nothing_is_lost(
        self, backend: Backend, own: str, apart: Apart, clocks: Clocks
    ) -> None:
        watcher = Process(apart, clocks)
        sessions = [watcher.sign_in("alice") for _ in range(4)]
        by_subject, by_all = watcher.sign_in("bob"), watcher.sign_in()

        def revoke(number: int) -> bytes:
            process = Process(Apart(backend.open(), own), clocks, ahead=40 * number - 60)
            process.revoke(sessions[number])
            process.revoke_subject("bob")
            process.revocations.revoke_key(f"0000000{number}")
            process.revoke_all()
            return bytes([process.refuses(process.sign_in("bob"))])

        assert set(in_processes(revoke, 4)) <= {b"\0", b"\1"}
        everything = [*sessions, by_subject, by_all]
        assert [watcher.refuses(session) for session in everything] == [True] * len(everything)
        fresh = watcher.sign_in("bob")
        assert not watcher.refuses(fresh)
        assert all(watcher.refuses(fresh, kid=bytes([0, 0, 0, number])) for number in range(4))

    def test_of_processes_one_is_the_successor(self, backend: Backend, own: str) -> None:
        olds = [os.urandom(8) for _ in range(10)]
        at = int((clock.now() + A_WHILE) * 1000)

        def succeed(number: int) -> bytes:
            written = list_of(Apart(backend.open(), own))
            entry = Ended(at, True, number.to_bytes(8, "big"))
            return bytes(written.succeed(old, entry) for old in olds)

        told = in_processes(succeed, 4)
        assert [sum(each) for each in zip(*told, strict=True)] == [1] * len(olds)

    def test_sequence_numbers_of_processes_differ(self, backend: Backend, own: str) -> None:
        def take(_: int) -> bytes:
            written = list_of(Apart(backend.open(), own))
            return b"".join(entries.number_octets(written.next_sequence()) for _ in range(5))

        told = b"".join(in_processes(take, 4))
        assert len({told[i : i + 8] for i in range(0, len(told), 8)}) == 20

    def test_a_forked_process_uses_the_list_of_its_parent(
        self, apart: Apart, clocks: Clocks
    ) -> None:
        process = Process(apart, clocks, staleness=2.0)
        session, kept = process.sign_in("alice"), process.sign_in("alice")
        assert not process.refuses(session)

        def revoke(_: int) -> bytes:
            process.revoke(session)
            return bytes([process.refuses(session), process.refuses(kept)])

        assert in_processes(revoke, 2) == [b"\1\0"] * 2
        with clocks.ahead(2.0):
            assert process.refuses(session)
            assert not process.refuses(kept)
