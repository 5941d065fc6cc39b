"""What a session says of itself: who it is, since when, until when, for whom.

docs/format.md, "Claims", is the specification of the octets.
"""

from __future__ import annotations

import os
from typing import Any, Final, NamedTuple

from cookie_sessions.crypto import KID_OCTETS
from cookie_sessions.errors import Reason, Rejected

SID_OCTETS: Final = 16
NAME_OCTETS: Final = 8
MAX_FORMER_KIDS: Final = 8

_FIXED: Final = SID_OCTETS + 4
_USUAL: Final = _FIXED + 1 + 4
_CRITICAL: Final = 0x80
_AUTH_TIME: Final = 0x01
_SUBJECT: Final = 0x02
_BINDINGS: Final = 0x03
_FORMER_KIDS: Final = 0x04
_IMPORTED_FROM: Final = 0x05
_LASTS: Final = 0x07
_BESIDE: Final = 0x08
_MAX_VARINT_OCTETS: Final = 9


class Claims(NamedTuple):
    """The claims of one session; every change makes a new object.

    Attributes:
        sid: the session's id, 128 random bits, 16 octets.
        iat: when the session began, in seconds since the epoch.
        since: what not-before marks are compared with, in milliseconds since the epoch.
        until: the sealed end, in seconds since the epoch.
        auth_time: when the user last proved who they are, in seconds since the epoch, or None.
        subject: whom the session belongs to, as packed octets, or None.
        bindings: properties of the client that the session is bound to, opaque here.
        former_kids: key ids that sealed the session before, 4 octets each, at most 8.
        imported_from: what names the signed cookie that the session was taken over from, 8 octets,
            or empty.
        lasts: how long a session lives after it began that is remembered, in seconds, or None.
        beside: what names the session that this one is worth something beside, 8 octets, or empty.
        unknown: claims of a later release, kept as they came: (tag, octets) in ascending order.
    """

    sid: bytes
    iat: int
    since: int
    until: int
    auth_time: int | None = None
    subject: bytes | None = None
    bindings: bytes = b""
    former_kids: tuple[bytes, ...] = ()
    imported_from: bytes = b""
    lasts: int | None = None
    beside: bytes = b""
    unknown: tuple[tuple[int, bytes], ...] = ()

    def __repr__(self) -> str:
        return f"<Claims iat={self.iat} until={self.until}>"

    def renamed(self) -> Claims:
        """The same claims under a fresh session id."""
        return self._replace(sid=os.urandom(SID_OCTETS))

    def sealed_before(self, kid: bytes) -> Claims:
        """The same claims, which say that this key sealed them, too."""
        former = (*(other for other in self.former_kids if other != kid), kid)
        return self._replace(former_kids=former[-MAX_FORMER_KIDS:])

    def restarted(self, *, now: float, proved: bool) -> Claims:
        """The same session as one that begins now, bound to nothing; it needs a fresh id.

        Args:
            now: seconds since the epoch.
            proved: whether it begins because the user has just proved who they are.
        """
        iat = int(now)
        return self._replace(
            iat=iat,
            since=iat * 1000,
            until=iat,
            auth_time=iat if proved else None,
            bindings=b"",
        )

    def to_octets(self, *, until: int | None = None) -> bytes:
        """Pack the claims as docs/format.md says.

        Args:
            until: another sealed end, in seconds since the epoch, or None for the one they have.
        """
        end = self.until if until is None else until
        iat = self.iat
        since = _varint(self.since - iat * 1000)
        octets = self.sid + iat.to_bytes(4, "big") + since + _varint(end - iat)
        return octets if self[4:] == _NO_OPTIONAL else octets + self._optional()

    def _optional(self) -> bytes:
        fields = list(self.unknown)
        if self.auth_time is not None:
            fields.append((_AUTH_TIME, _varint(self.auth_time - self.iat)))
        if self.subject is not None:
            fields.append((_SUBJECT, self.subject))
        if self.bindings:
            fields.append((_BINDINGS, self.bindings))
        if self.former_kids:
            fields.append((_FORMER_KIDS, b"".join(self.former_kids)))
        if self.imported_from:
            fields.append((_IMPORTED_FROM, self.imported_from))
        if self.lasts is not None:
            fields.append((_LASTS, _varint(self.lasts)))
        if self.beside:
            fields.append((_BESIDE, self.beside))
        fields.sort()
        return b"".join([bytes((tag,)) + _varint(len(octets)) + octets for tag, octets in fields])

    @classmethod
    def begin(cls, *, now: float, until: int) -> Claims:
        """The claims of a new session, with a fresh id from the operating system.

        ``since`` is the beginning of the second: what revokes a session reaches further ahead than
        that, and a whole second takes an octet less.

        Args:
            now: seconds since the epoch.
            until: the sealed end, in seconds since the epoch.
        """
        iat = int(now)
        return cls(sid=os.urandom(SID_OCTETS), iat=iat, since=iat * 1000, until=max(until, iat))

    @classmethod
    def from_octets(cls, octets: bytes) -> Claims:
        """Unpack claims.

        Raises:
            Rejected: ``undecodable``, or ``unknown_version`` for a critical claim that this
                release does not know.
        """
        if len(octets) < _FIXED:
            raise Rejected(Reason.UNDECODABLE)
        iat = int.from_bytes(octets[SID_OCTETS:_FIXED], "big")
        sid, since = octets[:SID_OCTETS], iat * 1000
        if len(octets) >= _USUAL and not octets[_FIXED]:
            # Begun at a whole second, ends within years.
            word = int.from_bytes(octets[_FIXED + 1 : _USUAL], "little")
            if word & 0x80808080 == 0x00808080 and word >= 0x01000000:
                until = word & 0x7F | word >> 1 & 0x3F80 | word >> 2 & 0x1FC000 | word >> 24 << 21
                if len(octets) == _USUAL:
                    return cls(sid, iat, since, iat + until)
                return cls(sid, iat, since, iat + until, *_optional(octets, _USUAL, iat))
        later, position = _read_varint(octets, _FIXED)
        until, position = _read_varint(octets, position)
        return cls(sid, iat, since + later, iat + until, *_optional(octets, position, iat))


_NO_OPTIONAL: Final = Claims(b"", 0, 0, 0)[4:]
_SHORT_VARINTS: Final = tuple(bytes((number,)) for number in range(0x80))


def _varint(number: int) -> bytes:
    if 0 <= number < 0x80:
        return _SHORT_VARINTS[number]
    if 0x200000 <= number < 0x10000000:
        word = number & 0x7F | (number & 0x3F80) << 1
        word |= (number & 0x1FC000) << 2 | (number & 0xFE00000) << 3 | 0x808080
        return word.to_bytes(4, "little")
    octets: list[int] = []
    while number >= 0x80:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def _read_varint(octets: bytes, position: int) -> tuple[int, int]:
    if position < len(octets) and octets[position] < 0x80:
        return octets[position], position + 1
    number = shift = 0
    for octet in octets[position : position + _MAX_VARINT_OCTETS]:
        position += 1
        number |= (octet & 0x7F) << shift
        if octet < 0x80:
            # A longer form of the same number would give one claim two encodings.
            if not octet and shift:
                break
            return number, position
        shift += 7
    raise Rejected(Reason.UNDECODABLE)


def _whole_varint(octets: bytes) -> int:
    number, position = _read_varint(octets, 0)
    if position != len(octets):
        raise Rejected(Reason.UNDECODABLE)
    return number


def _optional(octets: bytes, position: int, iat: int) -> tuple[Any, ...]:
    """The fields of :class:`Claims` behind the first four, as they stand from a position on."""
    fields: dict[int, bytes] = {}
    last, size = 0, len(octets)
    while position < size:
        tag = octets[position]
        length, position = _read_varint(octets, position + 1)
        if tag <= last or length > size - position:
            raise Rejected(Reason.UNDECODABLE)
        fields[tag] = octets[position : position + length]
        position += length
        last = tag
    take = fields.pop
    auth_time, subject = take(_AUTH_TIME, None), take(_SUBJECT, None)
    bindings = take(_BINDINGS, None)
    if not fields and bindings != b"":
        # What is said of most: when the user proved who they are, who they are, and on what.
        proved_at = None if auth_time is None else iat + _whole_varint(auth_time)
        return proved_at, subject, bindings or b""
    former, lasts = take(_FORMER_KIDS, None), take(_LASTS, None)
    imported_from, beside = take(_IMPORTED_FROM, None), take(_BESIDE, None)
    if any(tag & _CRITICAL for tag in fields):
        raise Rejected(Reason.UNKNOWN_VERSION)
    # A field that to_octets would leave out must not have come either.
    if bindings == b"" or former == b"":
        raise Rejected(Reason.UNDECODABLE)
    former = former or b""
    if len(former) % KID_OCTETS or len(former) > MAX_FORMER_KIDS * KID_OCTETS:
        raise Rejected(Reason.UNDECODABLE)
    for name in (imported_from, beside):
        if name is not None and len(name) != NAME_OCTETS:
            raise Rejected(Reason.UNDECODABLE)
    return (
        None if auth_time is None else iat + _whole_varint(auth_time),
        subject,
        bindings or b"",
        tuple(former[i : i + KID_OCTETS] for i in range(0, len(former), KID_OCTETS)),
        imported_from or b"",
        None if lasts is None else _whole_varint(lasts),
        beside or b"",
        tuple(fields.items()),
    )
