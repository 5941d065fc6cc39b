"""What a list of revocations is asked about a session, what it answers, and what follows from it.

All of it is values and pure functions; stores and snapshots only have to look things up.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from cookie_sessions.clock import SKEW
from cookie_sessions.intent import LONGEST_GRACE

ID_OCTETS: Final = 8
"""What names a session in lists: the first 64 bits of the SHA-256 of its sid."""

SUBJECT_OCTETS: Final = 16
"""What names a subject in lists: 128 bits of an HMAC under the index key."""


SNAPSHOT_SECONDS: Final = 86_400
"""The longest that a snapshot is valid: until then its readers may not know of an entry, and seal a
session anew that it refuses. Every entry lives that much longer."""


class Question(NamedTuple):
    """What is asked about one session.

    Attributes:
        ids: what names it, 8 octets each: its own, and that of the signed cookie that brought it.
        subject: what names whom it belongs to, 16 octets, or None where it belongs to nobody.
        since: what not-before marks are compared with, in milliseconds since the epoch.
        kids: the key that sealed it and those that did before, 4 octets each.
    """

    ids: tuple[bytes, ...]
    subject: bytes | None
    since: int
    kids: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "<Question>"


class Answer(NamedTuple):
    """What a list knows that bears on one question.

    Attributes:
        ended: when the session was ended, in seconds since the epoch by the clock of who did it;
            None: it was not. It is refused whatever the moment is, for clocks differ.
        fades: another session took its place, and it is refused from this moment on, in seconds
            since the epoch; None: none did.
        mark: the latest not-before mark that applies, in milliseconds since the epoch; 0: none.
        kids: those of the keys asked about that are revoked.
    """

    ended: float | None = None
    fades: float | None = None
    mark: int = 0
    kids: frozenset[bytes] = frozenset()

    def __repr__(self) -> str:
        return f"<Answer ended={self.ended} fades={self.fades} mark={self.mark}>"


NOTHING: Final = Answer()
"""Nothing is known: the session lives."""


class Standing(enum.Enum):
    """How a session stands with a list."""

    LIVES = "lives"
    FADES = "fades"
    """Another has taken its place and its grace is not over: it may be read and not be written."""
    REVOKED = "revoked"
    KEY_REVOKED = "key_revoked"


class Asked(Protocol):
    """A list of revocations that can be asked; safe under threads."""

    def ask(self, question: Question) -> Answer:
        """What is known about a session, in one round trip.

        Raises:
            Unavailable: the list can't be had.
        """
        ...


def judge(question: Question, answer: Answer, *, now: float) -> Standing:
    """How a session stands.

    Args:
        question: what was asked.
        answer: what the list said.
        now: seconds since the epoch.
    """
    if answer.kids:
        return Standing.KEY_REVOKED
    if question.since <= answer.mark or answer.ended is not None:
        return Standing.REVOKED
    if answer.fades is None:
        return Standing.LIVES
    # A grace that lies further ahead than any lasts was written by a clock that is ahead.
    return Standing.FADES if now < answer.fades <= now + LONGEST_GRACE else Standing.REVOKED


def refused_at(question: Question, answer: Answer) -> float:
    """About when a session ceased to count that :func:`judge` refuses, in seconds since the epoch.

    Args:
        question: what was asked.
        answer: what the list said.
    """
    moments = [moment for moment in (answer.ended, answer.fades) if moment is not None]
    if question.since <= answer.mark:
        moments.append(answer.mark / 1000 - SKEW)
    return max(moments, default=0.0)


class Entries(NamedTuple):
    """The whole of a list at one moment, as a snapshot holds it.

    Attributes:
        sessions: what names the sessions that are refused, 8 octets each, in any order.
        subjects: pairs of what names a subject, 16 octets, and its mark in milliseconds.
        kids: the keys that are revoked, 4 octets each.
        mark: the mark of all sessions, in milliseconds since the epoch; 0: none.
    """

    sessions: Iterable[bytes]
    subjects: Iterable[tuple[bytes, int]]
    kids: Iterable[bytes]
    mark: int
