"""The binary file of a snapshot: everything that is refused, sorted, to be searched where it lies.

All numbers are unsigned, of 8 octets, least significant first. The file is: 8 octets that say what
it is, the number of sessions, of subjects and of keys, and the mark of all sessions; then the
sessions' ids as numbers, strictly ascending; then the first 8 octets of the subjects' ids as
numbers, strictly ascending; then their marks in the same order; then the keys' ids, 4 octets each,
strictly ascending. So equal lists have equal files, and what is read would be written alike.
"""

from __future__ import annotations

import operator
import sys
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from cookie_sessions.crypto import KID_OCTETS
from cookie_sessions.revocation.facts import ID_OCTETS, SUBJECT_OCTETS, Answer, Entries, Question
from cookie_sessions.revocation.snapshot.fault import Fault, SnapshotRefused

MAGIC: Final = b"cksrev\x00\x01"
"""What the file is: a list of revocations, version 1."""

_NUMBER: Final = 8
_HEAD: Final = len(MAGIC) + 4 * _NUMBER
_BITS: Final = 8 * _NUMBER
_PAGE_BITS: Final = 8
_IS_LITTLE: Final = sys.byteorder == "little"


def dump(entries: Entries) -> bytes:
    """Write a table.

    Args:
        entries: what is refused.

    Returns:
        The file; equal lists give equal files.

    Raises:
        ValueError: an id is not of its length, or a mark is no number of 8 octets.
    """
    ids = [*entries.sessions]
    if any(length != ID_OCTETS for length in set(map(len, ids))):
        raise ValueError(f"A session's id has {ID_OCTETS} octets.")
    sessions = sorted({*_numbers(memoryview(b"".join(ids)))})
    marks: dict[int, int] = {}
    for subject, mark in entries.subjects:
        # Two subjects whose ids begin alike share the later mark.
        if len(subject) != SUBJECT_OCTETS:
            raise ValueError(f"A subject's id has {SUBJECT_OCTETS} octets.")
        number = int.from_bytes(subject[:_NUMBER], "little")
        marks[number] = max(mark, marks.get(number, 0))
    subjects = sorted(marks)
    kids = sorted({*entries.kids})
    if any(len(kid) != KID_OCTETS for kid in kids):
        raise ValueError(f"A key id has {KID_OCTETS} octets.")
    head = (len(sessions), len(subjects), len(kids), entries.mark)
    numbers = [*head, *sessions, *subjects, *(marks[subject] for subject in subjects)]
    try:
        return MAGIC + _octets(numbers) + b"".join(kids)
    except OverflowError:
        raise ValueError("A mark has 8 octets.") from None


class Table:
    """Answers questions from a file that lies in memory or is mapped there.

    Args:
        file: the octets of the file, or a map of it.

    Attributes:
        sessions: how many sessions are refused by their ids.
        subjects: how many subjects have a mark.
        kids: the revoked keys, 4 octets each.
        mark: the mark of all sessions, in milliseconds since the epoch.

    Raises:
        SnapshotRefused: ``truncated`` or ``malformed``.
    """

    def __init__(self, file: memoryview) -> None:
        if len(file) < _HEAD:
            raise SnapshotRefused(Fault.TRUNCATED)
        if bytes(file[: len(MAGIC)]) != MAGIC:
            raise SnapshotRefused(Fault.MALFORMED)
        head = _numbers(file[len(MAGIC) : _HEAD])
        self.sessions, self.subjects, kids, self.mark = head
        ends = [_HEAD]
        for count in (self.sessions, self.subjects, self.subjects):
            ends.append(ends[-1] + count * _NUMBER)
        length = ends[-1] + kids * KID_OCTETS
        if length != len(file):
            raise SnapshotRefused(Fault.TRUNCATED if length > len(file) else Fault.MALFORMED)
        sessions = _numbers(file[ends[0] : ends[1]])
        subjects = _numbers(file[ends[1] : ends[2]])
        self._marks = _numbers(file[ends[2] : ends[3]])
        octets = bytes(file[ends[3] :])
        each = [octets[i : i + KID_OCTETS] for i in range(0, len(octets), KID_OCTETS)]
        self.kids = frozenset(each)
        if not (_ascends(sessions) and _ascends(subjects) and _ascends(each)):
            raise SnapshotRefused(Fault.MALFORMED)
        self._sessions = _Sorted(sessions)
        self._subjects = _Sorted(subjects)

    def __repr__(self) -> str:
        return f"<Table of {self.sessions} sessions and {self.subjects} subjects>"

    def has_session(self, identity: bytes) -> bool:
        """Whether a session is refused by its id, 8 octets."""
        return self._sessions.find(int.from_bytes(identity, "little")) is not None

    def mark_of(self, subject: bytes) -> int:
        """The mark of a subject's id, 16 octets, in milliseconds since the epoch; 0: none."""
        place = self._subjects.find(int.from_bytes(subject[:_NUMBER], "little"))
        return 0 if place is None else self._marks[place]

    def answer(self, question: Question) -> Answer:
        """What is known about a session. When it was ended a table does not say: long ago."""
        ended = any(map(self.has_session, question.ids))
        mark = 0 if question.subject is None else self.mark_of(question.subject)
        return Answer(
            ended=0.0 if ended else None,
            mark=max(mark, self.mark),
            kids=self.kids.intersection(question.kids),
        )


class _Sorted:
    """Ascending numbers to be found.

    They are the beginnings of hashes, so their first bits part them into pages of some 256, which a
    search reads alone; in any other case a search takes longer and is as right.
    """

    __slots__ = ("_numbers", "_pages", "_shift")

    def __init__(self, numbers: Sequence[int]) -> None:
        bits = max(0, len(numbers).bit_length() - _PAGE_BITS)
        self._numbers = numbers
        self._shift = _BITS - bits
        firsts = (bisect_left(numbers, page << self._shift) for page in range(1, 1 << bits))
        self._pages = array("Q", [0, *firsts, len(numbers)])

    def find(self, number: int) -> int | None:
        """The place of a number; None where it is not there."""
        page = number >> self._shift
        end = self._pages[page + 1]
        place = bisect_left(self._numbers, number, self._pages[page], end)
        # Where all of a page are smaller, the next page begins with a larger one.
        return place if place < end and self._numbers[place] == number else None


def _octets(numbers: Sequence[int]) -> bytes:
    found = array("Q", numbers)
    if not _IS_LITTLE:
        found.byteswap()
    return found.tobytes()


def _numbers(part: memoryview) -> Sequence[int]:
    """The numbers in a part of the file, where they lie if this machine writes them alike."""
    if _IS_LITTLE:
        return part.cast("B").cast("Q")
    found = array("Q")
    found.frombytes(part)
    found.byteswap()
    return found


def _ascends(parts: Sequence[int] | Sequence[bytes]) -> bool:
    return not any(map(operator.ge, parts, parts[1:]))
