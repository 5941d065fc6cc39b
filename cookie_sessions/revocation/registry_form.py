"""What the registry keeps: how it is named, laid out and sealed, as pure functions.

docs/revocation.md, "In the store", lists it beside the other entries.
"""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime
from typing import Final, NamedTuple

from cookie_sessions.clock import SKEW
from cookie_sessions.crypto import Aead
from cookie_sessions.errors import Rejected
from cookie_sessions.revocation.facts import ID_OCTETS, SUBJECT_OCTETS
from cookie_sessions.revocation.identity import REFERENCE_OCTETS
from cookie_sessions.stores.entry import MAX_END, end_second

ENTRY: Final = "signed-in:"
"""Stands before a reference in the name of a session's entry."""

LISTING: Final = "signed-in-by:"
"""Stands before a subject's id in the name of the list of its sessions."""

MOST_SESSIONS: Final = 100
"""Sessions of one subject that are listed."""

MOST_LETTERS: Final = 100
"""Characters of a label."""

HOUR: Final = 3600
"""Seconds that ``seen`` is coarse by: a session in use costs one write in each."""

_SLACK: Final = HOUR + SKEW
"""A session's end moves with its use, that of its entry only once an hour."""

_READ_LETTERS: Final = 1000
_AAD: Final = b"cookie_sessions v1 registry "
_FORM: Final = struct.Struct(f">{SUBJECT_OCTETS}s{ID_OCTETS}sQIII")
_LISTING_END: Final = 4
_REFERENCE_DIGITS: Final = 2 * REFERENCE_OCTETS
_REFERENCE: Final = re.compile(rf"[0-9a-f]{{{_REFERENCE_DIGITS}}}")


class SignedIn(NamedTuple):
    """One session, as its owner may see it.

    Attributes:
        reference: names it in pages, logs and commands, 24 hexadecimal digits.
        created: when it began, UTC.
        seen: the hour in which it was last used, UTC.
        label: what the application said of it, at most 100 printable characters; may be empty.
            It is text of a visitor's making: escape it.
        since: what not-before marks are compared with, in milliseconds since the epoch.
        session: what names it in lists, 8 octets.
    """

    reference: str
    created: datetime
    seen: datetime
    label: str
    since: int
    session: bytes

    def __repr__(self) -> str:
        return f"<SignedIn {self.reference}>"


class Entry(NamedTuple):
    """What is kept of one session.

    Attributes:
        subject: what names whom it belongs to in lists, 16 octets.
        session: what names it in lists, 8 octets.
        since: what not-before marks are compared with, in milliseconds since the epoch.
        created: when it began, in seconds since the epoch.
        seen: the beginning of the hour in which it was last used, in seconds since the epoch.
        ends: until when the entry is kept, in seconds since the epoch.
        label: at most 100 characters.
    """

    subject: bytes
    session: bytes
    since: int
    created: int
    seen: int
    ends: int
    label: str

    def __repr__(self) -> str:
        return "<Entry>"

    def to_octets(self) -> bytes:
        """As it is sealed."""
        return _FORM.pack(*self[:-1]) + self.label.encode()

    @classmethod
    def from_octets(cls, octets: bytes) -> Entry | None:
        """Read what :meth:`to_octets` wrote; None for anything else."""
        if len(octets) < _FORM.size:
            return None
        try:
            label = octets[_FORM.size :].decode()
        except UnicodeDecodeError:
            return None
        subject, session, since, created, seen, ends = _FORM.unpack_from(octets)
        if seen % HOUR or len(label) > MOST_LETTERS:
            return None
        return cls(subject, session, since, created, seen, ends, label)

    def shown(self, reference: str) -> SignedIn:
        """The same without what the owner need not see."""
        created, seen = (
            datetime.fromtimestamp(moment, UTC) for moment in (self.created, self.seen)
        )
        return SignedIn(reference, created, seen, self.label, self.since, self.session)


class Listing(NamedTuple):
    """What is kept of one subject.

    Attributes:
        ends: the latest end of its sessions' entries so far, in seconds since the epoch.
        references: of its sessions, those listed longest first.
    """

    ends: int = 0
    references: tuple[str, ...] = ()

    def to_octets(self) -> bytes:
        """As it is sealed."""
        return self.ends.to_bytes(_LISTING_END, "big") + bytes.fromhex("".join(self.references))

    @classmethod
    def from_octets(cls, octets: bytes) -> Listing | None:
        """Read what :meth:`to_octets` wrote; None for anything else."""
        count, rest = divmod(len(octets) - _LISTING_END, REFERENCE_OCTETS)
        if rest or not 0 <= count <= MOST_SESSIONS:
            return None
        digits = octets[_LISTING_END:].hex()
        starts = range(0, len(digits), _REFERENCE_DIGITS)
        references = tuple(digits[start : start + _REFERENCE_DIGITS] for start in starts)
        if len(set(references)) < count:
            return None
        return cls(int.from_bytes(octets[:_LISTING_END], "big"), references)


def tidy(label: str) -> str:
    """A label on one line, without what can't be seen or turns the direction of writing.

    Args:
        label: any text, of which the first 1,000 characters count.

    Returns:
        At most 100 printable characters.
    """
    letters = (" " if letter.isspace() else letter for letter in label[:_READ_LETTERS])
    printable = "".join(letter for letter in letters if letter.isprintable())
    return " ".join(printable.split())[:MOST_LETTERS].rstrip()


def entry_name(reference: str) -> str:
    """The name of a session's entry, which tells no more than its reference."""
    return ENTRY + reference


def listing_name(subject: bytes) -> str:
    """The name of the list of a subject's sessions; ``subject`` is what names it, 16 octets."""
    return LISTING + subject.hex()


def seal(aead: Aead, name: str, value: Entry | Listing) -> bytes:
    """A value as it stands in a store under its name, and can be read under no other."""
    return aead.seal(value.to_octets(), _aad(name))


def open_entry(aead: Aead, name: str, sealed: bytes | None) -> Entry | None:
    """What was sealed under this name; None for anything else."""
    octets = _opened(aead, name, sealed)
    return None if octets is None else Entry.from_octets(octets)


def open_listing(aead: Aead, name: str, sealed: bytes | None) -> Listing:
    """What was sealed under this name; an empty one for anything else."""
    octets = _opened(aead, name, sealed)
    return (None if octets is None else Listing.from_octets(octets)) or Listing()


def is_reference(text: str) -> bool:
    """Whether a text has the form of a reference."""
    return _REFERENCE.fullmatch(text) is not None


def hour_of(moment: float) -> int:
    """The beginning of the hour, both in seconds since the epoch."""
    return int(moment // HOUR) * HOUR


def kept_until(ends: float) -> int:
    """The end of a session's entry.

    Args:
        ends: the sealed end of the session, in seconds since the epoch.

    Returns:
        Seconds since the epoch; later than any end that the session may get within the hour.
    """
    return end_second(min(ends + _SLACK, MAX_END))


def _opened(aead: Aead, name: str, sealed: bytes | None) -> bytes | None:
    if sealed is None:
        return None
    try:
        return aead.open(sealed, _aad(name))
    except Rejected:
        return None


def _aad(name: str) -> bytes:
    return _AAD + name.encode("ascii")
