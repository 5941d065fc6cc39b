"""The list as the manager uses it: by claims, ids and marks."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.claims import Claims
from cookie_sessions.clock import SKEW
from cookie_sessions.codec import Codec
from cookie_sessions.errors import Unavailable, UsageError
from cookie_sessions.events import EventName, Events
from cookie_sessions.revocation.entries import Ended
from cookie_sessions.revocation.facts import Asked, Question, Standing, judge, refused_at
from cookie_sessions.revocation.identity import IndexKey, question_of, subject_octets

if TYPE_CHECKING:
    from cookie_sessions.revocation.cells import Raised
    from cookie_sessions.revocation.registry import Registry
    from cookie_sessions.revocation.store_list import StoreList

RECENT_SECONDS: Final = SKEW + 60
"""For so long after a revocation its cookie stays in the browser: a response of the same page may
be on its way that replaces it, and a deletion that arrives later would sign the visitor out."""


class Checked(NamedTuple):
    """How one session stands.

    Attributes:
        standing: LIVES where nobody could be asked and the settings accept that.
        question: what was asked.
        unchecked: whether nobody could be asked.
        recent: whether a session that is refused has been so only for a moment.
    """

    standing: Standing
    question: Question
    unchecked: bool = False
    recent: bool = False


class Ledger:
    """Knows which sessions have ended, and notes more. Safe under threads and after a fork.

    Args:
        asked: what says whether a session has ended.
        written: the store that is written; None where the list can only be read.
        index: gives the key that names subjects.
        codec: packs subjects.
        events: told what is ended, and where nobody could be asked.
        accepts_unchecked: whether a session counts while nobody can be asked.
        registry: lists who is signed in where, or None.
    """

    def __init__(
        self,
        asked: Asked,
        *,
        written: StoreList | None,
        index: IndexKey | None,
        codec: Codec,
        events: Events,
        accepts_unchecked: bool = False,
        registry: Registry | None = None,
    ) -> None:
        self._asked = asked
        self._written = written
        self._given_index = index
        self._codec = codec
        self._events = events
        self._accepts_unchecked = accepts_unchecked
        self._told_of_nobody = False
        self.registry = registry

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._asked!r}>"

    @property
    def accepts_unchecked(self) -> bool:
        """Whether a session counts while nobody can be asked."""
        return self._accepts_unchecked

    @property
    def read_only(self) -> bool:
        """Whether the list can only be read, as a snapshot can."""
        return self._written is None

    def check(
        self, claims: Claims, *, kid: bytes, signed: bool = False, fresh: bool = False
    ) -> Checked:
        """How a session stands.

        Args:
            claims: the session's; ``subject`` is whom it belongs to, wherever that stands.
            kid: names the key that sealed it.
            signed: whether Flask's own cookie brought it.
            fresh: whether the store itself is to be asked.

        Raises:
            Unavailable: nobody could be asked, and the settings don't accept that.
        """
        question = Question((), None, claims.since, ())
        try:
            index = None if claims.subject is None else self.index()
            question = question_of(claims, kid, index=index, signed=signed)
            if fresh and self._written is not None:
                answer = self._written.ask(question, fresh=True)
            else:
                answer = self._asked.ask(question)
        except Unavailable:
            if not self._accepts_unchecked:
                raise
            self._events.emit(EventName.UNCHECKED)
            return Checked(Standing.LIVES, question, unchecked=True)
        now = clock.now()
        standing = judge(question, answer, now=now)
        if standing is not Standing.REVOKED:
            return Checked(standing, question)
        recent = now - refused_at(question, answer) < RECENT_SECONDS
        return Checked(standing, question, recent=recent)

    def start(self) -> None:
        """To be called once where a process starts, so that a fault of the settings stops it.

        Raises:
            ConfigurationError: the store can't be used, or its subjects are named by another key.
            Unavailable: the store does not answer; it may come yet.
        """
        if self._written is not None:
            self._written.start()

    def index(self) -> IndexKey:
        """The key that names subjects.

        Raises:
            ConfigurationError: the store's subjects are named by another.
            Unavailable: the store does not answer.
        """
        if self._written is not None:
            return self._written.index()
        assert self._given_index is not None
        return self._given_index

    def subject_octets(self, subject: Any) -> bytes:
        """A subject as claims carry it.

        Raises:
            UsageError: it is None, which is nobody, or can't be packed.
        """
        if subject is None:
            raise UsageError(
                "Nobody's sessions can't be ended or listed: the subject is None. Pass what "
                "session.subject was set to, or what Flask-Login's get_id() returned; "
                "revoke_all() ends the sessions of everybody."
            )
        return subject_octets(subject, packed=self._codec.pack(subject, name="the subject"))

    def since(self, subject: bytes | None, *, now: float) -> int:
        """From when a session counts that begins now, so that no mark refuses it.

        Args:
            subject: whose it is, as claims carry it, or None.
            now: seconds since the epoch.

        Returns:
            Milliseconds since the epoch.

        Raises:
            Unavailable: the store does not answer, and it does not do without.
        """
        try:
            name = None if subject is None else self.index().subject(subject)
            question = Question((), name, 0, ())
            mark = (
                self._asked.ask(question).mark
                if self._written is None
                else self._written.mark(name)
            )
        except Unavailable:
            # Whom nobody has signed in loses little if a mark is met later; others would be signed
            # out for no reason that they could see.
            if subject is not None and not self._accepts_unchecked:
                raise
            mark = 0
        return max(int(now) * 1000, mark + 1)

    def note_end(self, until: int, *, needed: bool) -> None:
        """Have later revocations outlive a session that is sealed now.

        Args:
            until: its sealed end, in seconds since the epoch.
            needed: whether an error matters; otherwise it is tried again with the next session.

        Raises:
            Unavailable: the store does not answer, and it is needed.
        """
        if self._written is None:
            return
        try:
            self._written.note_end(until)
        except Unavailable:
            if needed and not self._accepts_unchecked:
                raise

    def end(self, ids: Iterable[bytes], *, until: int = 0) -> None:
        """End a session by all that names it in lists.

        Args:
            ids: 8 octets each.
            until: its sealed end, if a cookie of it is in hand, in seconds since the epoch.

        Raises:
            UsageError: the list can only be read.
            Unavailable: the store does not answer.
        """
        written = self._writable()
        for identity in ids:
            written.end(identity, until=until)
        self._events.emit(EventName.REVOKED, what="session")

    def mark_subject(
        self, octets: bytes, *, before: float | None = None, unless_met: int | None = None
    ) -> Raised:
        """End all sessions of a subject.

        Args:
            octets: the subject as claims carry it.
            before: as for :meth:`revoke_subject`.
            unless_met: leave all as it is where a session that counts from this moment, in
                milliseconds since the epoch, has been refused already; None: in no case.

        Returns:
            The marks that were and are in force.
        """
        written = self._writable()
        name = written.index().subject(octets)
        raised = written.raise_subject(name, before=passed(before), unless_met=unless_met)
        self._events.emit(EventName.REVOKED, what="subject")
        return raised

    def succeed(self, identity: bytes, entry: Ended, *, until: int) -> bool:
        """Have one session take another's place; False where the old one has ended or faded.

        Args:
            identity: what names the old one, 8 octets.
            entry: when it ends, and what names the new one.
            until: the sealed end of the old one, in seconds since the epoch.

        Raises:
            UsageError: the list can only be read.
            Unavailable: the store does not answer.
        """
        return self._writable().succeed(identity, entry, until=until)

    def take_back(self, identity: bytes, entry: Ended) -> None:
        """Undo :meth:`succeed`: the response could not be made. An outage only makes an event.

        Raises:
            UsageError: the list can only be read.
        """
        try:
            self._writable().take_back(identity, entry)
        except Unavailable:
            # The old session ends at the end of the grace, and the visitor signs in again.
            self._events.emit(EventName.UNAVAILABLE)

    def spend(self, name: str, *, ends: float) -> bool:
        """Use up what may be used once; whatever the settings accept unchecked, not this.

        Args:
            name: what names it, 32 hexadecimal digits.
            ends: until when it could be used, in seconds since the epoch.

        Returns:
            True to the first alone, of however many at once.

        Raises:
            UsageError: the list can only be read.
            Unavailable: the store does not answer.
        """
        return self._writable().spend(name, ends=ends)

    def tell_not_revoked(self, why: str) -> None:
        """Say that a session ended in its browser alone; once a process where nobody's was meant.

        Args:
            why: "read_only", "no_subject" or "unavailable".
        """
        if why == "no_subject":
            if self._told_of_nobody:
                return
            self._told_of_nobody = True
        self._events.emit(EventName.NOT_REVOKED, why=why)

    def _writable(self) -> StoreList:
        if self._written is None:
            raise UsageError(
                "A snapshot of the revocation list can only be read, so nothing can be ended here. "
                "End it where the store is: cookie-sessions revoke."
            )
        return self._written


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)


def passed(before: float | None) -> float | None:
    """The moment, which must not be to come; None stays None.

    Raises:
        UsageError: it is, or it is no number.
    """
    if before is None:
        return None
    if not _is_number(before):
        raise UsageError(
            "A moment is a number of seconds since the epoch, such as datetime.timestamp() gives."
        )
    if before > clock.now():
        raise UsageError(
            "Sessions can't be ended before a moment that is still to come. Name one that has "
            "passed, or leave it out for now."
        )
    return before
