"""What stands in a store: names and values of each kind of entry, as pure functions.

docs/revocation.md, "In the store", lists them. A value that is none of ours is
:class:`~cookie_sessions.errors.Unavailable`: whether it revoked something can't be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from cookie_sessions.crypto import KID_OCTETS
from cookie_sessions.errors import Unavailable
from cookie_sessions.revocation.facts import ID_OCTETS, SUBJECT_OCTETS

PREFIX: Final = "revoked:"
SESSION: Final = f"{PREFIX}session:"
SUBJECT: Final = f"{PREFIX}subject:"
GENERAL: Final = f"{PREFIX}general"
"""The mark of all sessions, and the revoked keys."""

INDEX: Final = f"{PREFIX}index"
"""The index key, or what tells that another is in use."""

LONGEST: Final = f"{PREFIX}longest"
"""The latest end that any session was sealed with."""

SEQUENCE: Final = f"{PREFIX}sequence"
"""The number of the last snapshot."""

SPENT: Final = "spent:"
"""Begins the names of what may be used once; no part of the list, and in no snapshot."""

_NUMBER: Final = 8
_HEX: Final = frozenset("0123456789abcdef")
_OWN: Final = b"\x01"
_GIVEN: Final = b"\x02"
_ENDED: Final = b"\x01"
_FADES: Final = b"\x02"


class Ended(NamedTuple):
    """A session that is refused, at once or at the end of a grace.

    Attributes:
        at: when it was ended, or when it will have faded, in milliseconds since the epoch.
        fades: whether it is read until then. Otherwise it is refused whatever the moment is, for
            the clocks of machines differ.
        successor: what names the session that goes on in its place, 8 octets, or None.
    """

    at: int
    fades: bool = False
    successor: bytes | None = None

    def __repr__(self) -> str:
        return f"<Ended at={self.at} fades={self.fades}>"

    def to_octets(self) -> bytes:
        """As it stands in a store."""
        kind = _FADES if self.fades else _ENDED
        return kind + number_octets(self.at) + (self.successor or b"")

    @classmethod
    def from_octets(cls, octets: bytes) -> Ended:
        """Read what :meth:`to_octets` wrote.

        Raises:
            Unavailable: it is none of ours.
        """
        kind, at, successor = octets[:1], octets[1 : 1 + _NUMBER], octets[1 + _NUMBER :]
        if kind not in (_ENDED, _FADES) or len(at) != _NUMBER:
            raise _foreign()
        if len(successor) not in (0, ID_OCTETS):
            raise _foreign()
        return cls(int.from_bytes(at, "big"), kind == _FADES, successor or None)


class General(NamedTuple):
    """What concerns all sessions.

    Attributes:
        mark: sessions that began at it or before are refused, in milliseconds since the epoch.
        kids: the revoked keys, 4 octets each, ascending.
    """

    mark: int = 0
    kids: tuple[bytes, ...] = ()

    def to_octets(self) -> bytes:
        """As it stands in a store."""
        return number_octets(self.mark) + b"".join(self.kids)

    def joined(self, *, mark: int, kids: Iterable[bytes]) -> General:
        """With the later mark and the keys of both; neither is ever taken back."""
        return General(max(self.mark, mark), tuple(sorted({*self.kids, *kids})))

    @classmethod
    def from_octets(cls, octets: bytes | None) -> General:
        """Read what :meth:`to_octets` wrote; nothing at all is no mark and no key.

        Raises:
            Unavailable: it is none of ours.
        """
        if octets is None:
            return cls()
        kids = octets[_NUMBER:]
        if len(octets) < _NUMBER or len(kids) % KID_OCTETS:
            raise _foreign()
        each = tuple(kids[i : i + KID_OCTETS] for i in range(0, len(kids), KID_OCTETS))
        return cls(int.from_bytes(octets[:_NUMBER], "big"), each)


class IndexEntry(NamedTuple):
    """Which index key names the subjects of a store.

    Attributes:
        secret: the key, where the store made it itself; None where a setting gives it.
        check: what tells the setting's key from others, 8 octets; empty for a key of the store.
    """

    secret: bytes | None
    check: bytes = b""

    def __repr__(self) -> str:
        return "<IndexEntry>"

    def to_octets(self) -> bytes:
        """As it stands in a store."""
        return _GIVEN + self.check if self.secret is None else _OWN + self.secret

    @classmethod
    def from_octets(cls, octets: bytes) -> IndexEntry:
        """Read what :meth:`to_octets` wrote.

        Raises:
            Unavailable: it is none of ours.
        """
        if octets[:1] == _OWN and len(octets) > 1:
            return cls(octets[1:])
        if octets[:1] == _GIVEN:
            return cls(None, octets[1:])
        raise _foreign()


def session_name(identity: bytes) -> str:
    """The name of a session's entry; ``identity`` is what names it in lists, 8 octets."""
    return SESSION + identity.hex()


def subject_name(identity: bytes) -> str:
    """The name of a subject's entry; ``identity`` is what names it in lists, 16 octets."""
    return SUBJECT + identity.hex()


def identity_in(name: str, prefix: str) -> bytes:
    """What an entry's name says behind its prefix, as octets.

    Raises:
        Unavailable: it is none of ours.
    """
    digits = name.removeprefix(prefix)
    octets = SUBJECT_OCTETS if prefix == SUBJECT else ID_OCTETS
    if len(digits) != 2 * octets or not set(digits) <= _HEX:
        raise _foreign()
    return bytes.fromhex(digits)


def number_octets(number: int) -> bytes:
    """A mark, an end or a sequence number as it stands in a store."""
    return number.to_bytes(_NUMBER, "big")


def number_from(octets: bytes | None) -> int:
    """Read what :func:`number_octets` wrote; 0 for nothing at all.

    Raises:
        Unavailable: it is none of ours.
    """
    if octets is None:
        return 0
    if len(octets) != _NUMBER:
        raise _foreign()
    return int.from_bytes(octets, "big")


def _foreign() -> Unavailable:
    return Unavailable(
        "The revocation store holds an entry that is not of this release's form, so nobody can "
        "tell what it revokes. See whether another program or a later release writes under the "
        "same prefix."
    )
