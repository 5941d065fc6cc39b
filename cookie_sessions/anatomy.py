"""What a session's cookie is made of, octet by octet, and never what it says.

The parts stand in the order of docs/format.md. Each has its octets in the envelope and the
characters of base64url that these become: a character that two parts share belongs to the first,
so the parts add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cookie_sessions.claims import Claims
from cookie_sessions.codec import Wire
from cookie_sessions.codec.lowering import shown
from cookie_sessions.cookies import LIMIT, CookieAttributes
from cookie_sessions.crypto import NONCE_OCTETS, TAG_OCTETS
from cookie_sessions.envelope import HEADER_OCTETS
from cookie_sessions.session import Session

_CLAIMS_LENGTH: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One stretch of the cookie.

    Attributes:
        octets: what it takes in the envelope.
        text: what it takes in the cookie's text, a third more.
    """

    octets: int
    text: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePart(Part):
    """One value with its key; ``octets`` and ``text`` count both, and the length before them.

    Attributes:
        name: its key in the session, as error messages show keys.
        packed: the octets of the value alone as MessagePack; None where it can't be unpacked here.
        shrunk: after lossless shrinking; None where it can't be decompressed here.
        compressed: after compression.
        secret: whether its name keeps it from being compressed.
    """

    name: str
    packed: int | None
    shrunk: int | None
    compressed: int
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """A session's cookie in numbers: no values, no session id, no key; safe to show its visitor.

    Octets count as the strictest party counts them: ``total`` is the whole Set-Cookie line with an
    Expires attribute, also where none is sent. Times are in seconds since the epoch.

    Attributes:
        header: version, flags, key id and time of sealing: what anyone can read.
        nonce: 24 random octets.
        claims: what the session says of itself, with the octet of their length.
        count: how many values follow.
        values: each value with its key, in the order of the session.
        tag: proves that nothing was changed.
        name: the cookie's name with the equals sign, in octets.
        attributes: the Set-Cookie line's attributes, Expires included, in octets.
        limit: the largest total that every browser keeps.
        begun: when the session began.
        sealed_at: when the cookie that brought it was sealed; None where none did.
        until: when it ends unless its end is moved before.
        absolute_end: when it ends whatever happens, or None.
        permanent: whether it outlives the browser's window and its end moves with its use.
        new: whether no valid cookie brought it.
    """

    header: Part
    nonce: Part
    claims: Part
    count: Part
    values: tuple[ValuePart, ...]
    tag: Part
    name: int
    attributes: int
    limit: int
    begun: int
    sealed_at: int | None
    until: int
    absolute_end: int | None
    permanent: bool
    new: bool

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts in their order."""
        return (self.header, self.nonce, self.claims, self.count, *self.values, self.tag)

    @property
    def octets(self) -> int:
        """What the envelope takes before it becomes text."""
        return sum(part.octets for part in self.parts)

    @property
    def text(self) -> int:
        """The cookie's value, in characters, each an octet."""
        return sum(part.text for part in self.parts)

    @property
    def total(self) -> int:
        """The whole cookie, to compare with ``limit``."""
        return self.name + self.text + self.attributes


def dissect(
    session: Session,
    *,
    claims: Claims,
    cookie: CookieAttributes,
    absolute_timeout: int | None = None,
) -> Anatomy:
    """Take a session apart as it would be sealed now, and leave it as it is.

    Args:
        session: the session; it is opened, nothing else happens to it.
        claims: those that it is sealed with.
        cookie: the name and attributes of its cookie.
        absolute_timeout: how long it lives after it began, in seconds, or None.

    Returns:
        Its anatomy. Of a session without values it says what an empty one would take; there is no
        cookie for it.

    Raises:
        UsageError: a value can't be packed, as when the session is committed.
        Unavailable: the keys can't be had.
    """
    codec = session._codec
    wires = _wires(session)
    content = session._content
    octets = claims.to_octets()
    payload = len(codec.dump_payload(octets, wires))
    steps = [codec.steps(name, wire) for name, wire in wires.items()]
    claims_octets = _CLAIMS_LENGTH + len(octets)
    entries = sum(step.entry for step in steps)
    lengths = _Lengths()
    return Anatomy(
        header=lengths.part(HEADER_OCTETS),
        nonce=lengths.part(NONCE_OCTETS),
        claims=lengths.part(claims_octets),
        count=lengths.part(payload - claims_octets - entries),
        values=tuple(
            ValuePart(
                name=shown(name).strip('"'),
                packed=step.packed,
                shrunk=step.shrunk,
                compressed=step.compressed,
                secret=codec.is_secret(name),
                octets=step.entry,
                text=lengths.characters(step.entry),
            )
            for name, step in zip(wires, steps, strict=True)
        ),
        tag=lengths.part(TAG_OCTETS),
        name=len(cookie.name) + 1,
        attributes=cookie.octets("") - len(cookie.name) - 1,
        limit=LIMIT,
        begun=claims.iat,
        sealed_at=None if content is None else content.head.sealed_at,
        until=claims.until,
        absolute_end=None if absolute_timeout is None else claims.iat + absolute_timeout,
        permanent=session.permanent,
        new=session.new,
    )


class _Lengths:
    """Turns stretches of octets, one behind the other, into stretches of base64url."""

    def __init__(self) -> None:
        self._octets = 0

    def part(self, octets: int) -> Part:
        return Part(octets=octets, text=self.characters(octets))

    def characters(self, octets: int) -> int:
        before = _characters(self._octets)
        self._octets += octets
        return _characters(self._octets) - before


def _characters(octets: int) -> int:
    return -(-octets * 4 // 3)


def _wires(session: Session) -> dict[Any, Wire]:
    """What the commit would settle on, found without settling anything."""
    wires = {**session._opened(), **session._damaged}
    codec = session._codec
    for name, watched in session._watched.items():
        value = session._live[name]
        packed = codec.pack(value, name=name)
        if packed != watched:
            wires[name] = codec.to_wire(name, value, packed)
    return wires
