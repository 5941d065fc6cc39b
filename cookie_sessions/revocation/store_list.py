"""A list of revocations in a store: asked in one round trip, and written so that nothing is lost.

Marks only move forward, whoever writes at the same time and whatever the clocks say: every change
is compare-and-set. An entry lives longer than any session that it refuses can.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Final

from cookie_sessions import clock
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.revocation import entries
from cookie_sessions.revocation.breaker import Breaker
from cookie_sessions.revocation.cells import Cells, Raised
from cookie_sessions.revocation.entries import Ended, General, IndexEntry
from cookie_sessions.revocation.facts import SNAPSHOT_SECONDS, Answer, Entries, Question
from cookie_sessions.revocation.guarded import GuardedStore
from cookie_sessions.revocation.identity import IndexKey
from cookie_sessions.revocation.recent import Recent
from cookie_sessions.stores.entry import MAX_END
from cookie_sessions.stores.store import ExpiringStore

_SECRET_OCTETS: Final = 32
_SLACK: Final = 4
_LEAST_SLACK: Final = 3600

_STEP: Final = 60_000
"""Milliseconds by which the mark of all moves at least. The mark of a subject may lie beyond it by
one for each time that the subject was signed out since."""


class StoreList:
    """Asks and writes one store; safe under threads and after a fork.

    Args:
        store: keeps the entries; must not evict them.
        breaker: asks it, or does not while it is down.
        recent: remembers what it said.
        longest: how long a session lives at most that this process seals, in seconds.
        index_secret: names subjects, 32 octets or more; None: a key that the store keeps.
    """

    def __init__(
        self,
        store: ExpiringStore,
        *,
        breaker: Breaker,
        recent: Recent,
        longest: Callable[[], int],
        index_secret: bytes | None = None,
    ) -> None:
        self.store = GuardedStore(store, breaker)
        self._cells = Cells(self.store, recent=recent)
        self._longest = longest
        self._index = None if index_secret is None else IndexKey(index_secret)
        self._agreed = False
        self._noted = 0

    def __repr__(self) -> str:
        return f"<StoreList {self.store.name}>"

    def ask(self, question: Question, *, fresh: bool = False) -> Answer:
        """What is known about a session.

        Args:
            question: about it.
            fresh: whether the store itself is to be asked, whatever was read a moment ago.

        Raises:
            Unavailable: the store does not answer.
        """
        sessions = [entries.session_name(identity) for identity in question.ids]
        names = [*sessions, entries.GENERAL]
        if question.subject is not None:
            names.append(entries.subject_name(question.subject))
        found = self._cells.get_many(names, fresh=fresh)
        general = General.from_octets(found.get(entries.GENERAL))
        mark = general.mark
        if question.subject is not None:
            mark = max(mark, entries.number_from(found.get(names[-1])))
        known = [Ended.from_octets(found[name]) for name in sessions if name in found]
        known += self._heirs(known, fresh=fresh)
        ended = [entry.at / 1000 for entry in known if not entry.fades]
        fades = [entry.at / 1000 for entry in known if entry.fades]
        return Answer(
            ended=min(ended, default=None),
            fades=min(fades, default=None),
            mark=mark,
            kids=frozenset(question.kids).intersection(general.kids),
        )

    def _heirs(self, known: list[Ended], *, fresh: bool) -> list[Ended]:
        """What is known of those that took a place: a grace ends with whom it leads to."""
        heirs: list[Ended] = []
        met: set[bytes] = set()
        following = {entry.successor for entry in known if entry.fades}
        while names := [entries.session_name(each) for each in following - met if each]:
            met |= {each for each in following if each}
            found = self._cells.get_many(names, fresh=fresh).values()
            latest = [Ended.from_octets(value) for value in found]
            heirs += [entry for entry in latest if not entry.fades]
            following = {entry.successor for entry in latest if entry.fades}
        return heirs

    def ended(self, identities: Iterable[bytes]) -> set[bytes]:
        """Those of some sessions that have ended by their ids; those that fade have not.

        Args:
            identities: what names them, 8 octets each.
        """
        names = {entries.session_name(identity): identity for identity in identities}
        found = self._cells.get_many(list(names), fresh=True) if names else {}
        return {names[name] for name, value in found.items() if not Ended.from_octets(value).fades}

    def mark(self, subject: bytes | None) -> int:
        """The latest mark that would refuse a session of this subject, read from the store itself.

        Args:
            subject: what names it, 16 octets; None for a session of nobody.

        Returns:
            Milliseconds since the epoch; 0 where there is none.
        """
        return self.ask(Question((), subject, 0, ()), fresh=True).mark

    def start(self) -> None:
        """To be called once where a process starts: what is wrong from now on is an outage.

        Raises:
            ConfigurationError: the store can't be used, or its subjects are named by another key.
            Unavailable: the store does not answer; it may come yet.
        """
        try:
            self.index()
        finally:
            self.store.started = True

    def index(self) -> IndexKey:
        """The key that names subjects.

        Raises:
            ConfigurationError: the store's subjects are named by another.
            Unavailable: the store does not answer, or, after :meth:`start`, that.
        """
        if not self._agreed or self._index is None:
            self._index = self._agree()
            self._agreed = True
        return self._index

    def end(self, identity: bytes, *, until: int = 0) -> None:
        """Refuse a session from now on, and those that go on in its place.

        Args:
            identity: what names it, 8 octets.
            until: the sealed end of a cookie of it that is known, in seconds since the epoch.
        """
        ends = self._entry_end(until)
        met: set[bytes] = set()
        following: bytes | None = identity
        while following is not None and following not in met:
            met.add(following)
            following = self._end_one(following, ends)

    def succeed(self, identity: bytes, entry: Ended, *, until: int = 0) -> bool:
        """Have one session take another's place.

        Args:
            identity: what names the one that ends, 8 octets.
            entry: when it ends, and what names the one that goes on.
            until: the sealed end of a cookie of it that is known, in seconds since the epoch.

        Returns:
            False if it has ended already, or another has taken its place: of many at once exactly
            one is told True.
        """
        name = entries.session_name(identity)
        ends = self._entry_end(until)
        return self._cells.add(name, entry.to_octets(), ends=ends)

    def take_back(self, identity: bytes, entry: Ended) -> None:
        """Undo a :meth:`succeed` whose response could not be made; anything newer stays."""
        self._cells.delete(entries.session_name(identity), expected=entry.to_octets())

    def raise_subject(
        self, subject: bytes, *, before: float | None, unless_met: int | None = None
    ) -> Raised:
        """Refuse the sessions of a subject that began before a moment.

        Args:
            subject: what names it, 16 octets.
            before: seconds since the epoch; None: now, so that each session is refused that has
                begun, whatever the clock of its machine says. Sessions that began after a former
                mark, while it still lay ahead, can't be told apart: they are refused together, if
                one of them may have begun before the moment.
            unless_met: change nothing where the mark is this one or a later one; None: in no case.

        Returns:
            The marks that were and are in force.
        """
        ends = self._entry_end(0)
        # Whoever signed in after a mark counts from just beyond it, however far ahead that lay.
        former = self.mark(subject)
        mark = _mark(clock.now() if before is None else before, SKEW)
        if before is None or _may_follow(before, former):
            mark = max(mark, former + 1)
        if unless_met is not None and former >= unless_met:
            return Raised(former, former)
        name = entries.subject_name(subject)
        raised = self._cells.raise_to(name, mark, ends=ends, unless_met=unless_met)
        return raised._replace(former=max(former, raised.former))

    def raise_general(
        self, *, all_sessions: bool = False, before: float | None = None, kids: Iterable[bytes] = ()
    ) -> General:
        """Refuse all sessions that began before a moment, or those of some keys.

        The mark of all lies twice as far ahead as clocks may differ, because that of a subject,
        which nobody looks for here, may have been set by a clock that is ahead.

        Args:
            all_sessions: whether all sessions are meant.
            before: seconds since the epoch; None: now, as for :meth:`raise_subject`.
            kids: 4 octets each.

        Returns:
            What is in force now.
        """
        kids = tuple(kids)
        now = clock.now()
        wanted = General()

        def joined(present: bytes | None) -> bytes:
            nonlocal wanted
            known = General.from_octets(present)
            mark = 0
            if all_sessions:
                mark = _mark(now if before is None else before, 2 * SKEW)
            if all_sessions and known.mark and (before is None or _may_follow(before, known.mark)):
                mark = max(mark, known.mark + _STEP)
            wanted = known.joined(mark=mark, kids=kids)
            return wanted.to_octets()

        self._cells.change(entries.GENERAL, joined, ends=self._entry_end(0))
        return wanted

    def note_end(self, until: int) -> None:
        """Have entries that are made without a cookie in hand outlive a session.

        The store is told rarely: it keeps an end that is some time ahead.

        Args:
            until: the end that is sealed now, in seconds since the epoch.

        Raises:
            Unavailable: the store does not answer.
        """
        if until <= self._noted:
            return
        ahead = max(_LEAST_SLACK, int(until - clock.now()) // _SLACK)
        ahead = min(until + ahead, MAX_END)
        self._noted = self._cells.raise_to(entries.LONGEST, ahead, ends=MAX_END).mark

    def next_sequence(self, *, above: int = 0) -> int:
        """A number that is larger than each one before.

        It is the second since the epoch, or one more than the last where that is more. So a store
        that was lost, or is an older copy of itself, goes on above what readers have seen.

        Args:
            above: a number that readers may have seen beside.
        """
        number = 0

        def following(present: bytes | None) -> bytes:
            nonlocal number
            last = max(entries.number_from(present), above)
            number = max(last + 1, int(clock.now()))
            return entries.number_octets(number)

        self._cells.change(entries.SEQUENCE, following, ends=MAX_END)
        return number

    def spend(self, name: str, *, ends: float) -> bool:
        """Use up what may be used once: asks the store itself, and nothing that was remembered.

        Args:
            name: what names it, 32 hexadecimal digits.
            ends: until when it could be used, in seconds since the epoch.

        Returns:
            True to the first alone, of however many at once.
        """
        return self.store.add(f"{entries.SPENT}{name}", b"\x01", ends=ends)

    def listed(self, *, now: float) -> Entries:
        """The whole list, for a snapshot and for those who look at it.

        Sessions whose grace is not over are left out. What comes or goes meanwhile may be.

        Args:
            now: seconds since the epoch.
        """
        sessions: list[bytes] = []
        subjects: list[tuple[bytes, int]] = []
        for name, value in self._cells.scan(entries.SESSION):
            entry = Ended.from_octets(value)
            if not entry.fades or entry.at <= now * 1000:
                sessions.append(entries.identity_in(name, entries.SESSION))
        for name, value in self._cells.scan(entries.SUBJECT):
            subject = entries.identity_in(name, entries.SUBJECT)
            subjects.append((subject, entries.number_from(value)))
        found = self._cells.get_many([entries.GENERAL], fresh=True)
        general = General.from_octets(found.get(entries.GENERAL))
        return Entries(sessions, subjects, general.kids, general.mark)

    def _end_one(self, identity: bytes, ends: int) -> bytes | None:
        """End one session; gives the one that goes on in its place."""
        now = int(clock.now() * 1000)
        successor: bytes | None = None

        def ended(present: bytes | None) -> bytes:
            nonlocal successor
            entry = None if present is None else Ended.from_octets(present)
            successor = None if entry is None else entry.successor
            if entry is not None and not entry.fades:
                return entry.to_octets()
            return Ended(now, fades=False, successor=successor).to_octets()

        self._cells.change(entries.session_name(identity), ended, ends=ends)
        return successor

    def _entry_end(self, until: int) -> int:
        """Until when an entry has to live that refuses sessions from now on."""
        noted = self._cells.get(entries.LONGEST)
        sealed = max(entries.number_from(noted), until, int(clock.now()) + self._longest())
        return min(sealed + int(SKEW) + SNAPSHOT_SECONDS, MAX_END)

    def _agree(self) -> IndexKey:
        """Find out which key names the subjects of the store, or be the first to say it."""
        given = self._index
        wanted = (
            IndexEntry(os.urandom(_SECRET_OCTETS))
            if given is None
            else IndexEntry(None, given.check)
        )
        present = self._cells.get(entries.INDEX)
        if present is None:
            added = self._cells.add(entries.INDEX, wanted.to_octets(), ends=MAX_END)
            present = wanted.to_octets() if added else self._cells.get(entries.INDEX)
        if present is None:
            raise Unavailable(f"The store {self.store.name} did not keep what it was given.")
        entry = IndexEntry.from_octets(present)
        if given is None and entry.secret is not None:
            return IndexKey(entry.secret)
        if given is not None and entry == wanted:
            return given
        keeps_its_own = entry.secret is not None
        # Reporters of errors record the locals of frames: no secret is left in this one.
        del present, entry, wanted
        raise self._otherwise_named(keeps_its_own=keeps_its_own)

    def _otherwise_named(self, *, keeps_its_own: bool) -> CookieSessionsError:
        message = (
            f"The subjects in the store {self.store.name} are named under another index key, so "
            f"nothing that ends all of a user's sessions would be seen. "
        )
        if keeps_its_own:
            message += "Take COOKIE_SESSIONS_INDEX_KEY out, or give the store's URL a new ?prefix=."
        else:
            message += "Give COOKIE_SESSIONS_INDEX_KEY the value that the other instances have."
        return Unavailable(message) if self.store.started else ConfigurationError(message)


def _may_follow(before: float, mark: int) -> bool:
    """Whether sessions may have begun before a moment that count from just beyond a mark.

    The mark lies up to twice the skew ahead of when it was set, and clocks differ by the skew.
    """
    return before > mark / 1000 - 3 * SKEW


def _mark(moment: float, reach: float) -> int:
    return int((moment + reach) * 1000)
