"""What a session's cookies are made of, octet by octet, and never what they say.

The parts stand in the order of docs/format.md. Each has its octets in the envelope and the
characters of base64url that these become: a character that two parts share belongs to the first,
so the parts add up to the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec, Reference, Wire
from cookie_sessions.codec.lowering import shown
from cookie_sessions.cookies import LIMIT, PROFILES, CookieAttributes, Profile
from cookie_sessions.cookies.layout import Layout, OneCookie
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


class Stored(NamedTuple):
    """What a value takes in the overflow store.

    Attributes:
        octets: of its entry, sealed.
        until: when the store drops it unless its end is moved before, in seconds since the epoch.
    """

    octets: int
    until: int


class Room(NamedTuple):
    """How much of a limit of the deployment is taken.

    Attributes:
        ours: octets of the session's cookies.
        others: octets of what else is known to stand there.
        limit: what the deployment admits; None where it has no limit that a session reaches.
    """

    ours: int
    others: int
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePart(Part):
    """One value with its key; ``octets`` and ``text`` count both, and the length before them.

    Attributes:
        name: its key in the session, as error messages show keys.
        packed: the octets of the value alone as MessagePack; None where it can't be unpacked here,
            and where it is in the store.
        shrunk: after lossless shrinking; None where it can't be decompressed here.
        compressed: after compression; of a value in the store, what its reference takes.
        secret: whether its name keeps it from being compressed.
        stored: what it takes in the overflow store, or None where it is in the cookie.
    """

    name: str
    packed: int | None
    shrunk: int | None
    compressed: int
    secret: bool
    stored: Stored | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The sealed text in numbers, from its beginning to its end.

    Attributes:
        header: version, flags, key id and time of sealing: what anyone can read.
        nonce: 24 random octets.
        claims: what the session says of itself, with the octet of their length.
        count: how many values follow.
        values: each value with its key, in the order of the session.
        tag: proves that nothing was changed.
    """

    header: Part
    nonce: Part
    claims: Part
    count: Part
    values: tuple[ValuePart, ...]
    tag: Part

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
        """The sealed text, in characters, each an octet."""
        return sum(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy(Sealed):
    """A session's cookies in numbers: no values, no session id, no key; safe to show its visitor.

    Octets count as the strictest party counts them: ``total`` is all Set-Cookie lines with an
    Expires attribute, also where none is sent. Times are in seconds since the epoch.

    Attributes:
        name: the cookies' names with the equals signs, in octets.
        marks: what says that several cookies belong together, in octets; 0 for one cookie.
        attributes: the Set-Cookie lines' attributes, Expires included, in octets.
        limit: the largest cookie that every browser keeps.
        cookies: the cookies, in their order; none where the session does not fit all that it may
            take, and then everything is counted as if it were one.
        profile: the name of the deployment whose limits apply.
        request: the Cookie header of the next request; others' cookies are those that came.
        response: the response that sets the cookies; of its other headers nothing is known.
        begun: when the session began.
        sealed_at: when the cookie that brought it was sealed; None where none did.
        until: when it ends unless its end is moved before.
        absolute_end: when it ends whatever happens, or None.
        permanent: whether it outlives the browser's window and its end moves with its use.
        new: whether no valid cookie brought it.
    """

    name: int
    marks: int
    attributes: int
    limit: int
    cookies: tuple[OneCookie, ...]
    profile: str
    request: Room
    response: Room
    begun: int
    sealed_at: int | None
    until: int
    absolute_end: int | None
    permanent: bool
    new: bool

    @property
    def total(self) -> int:
        """All cookies; to compare with ``limit`` where there is one."""
        return self.name + self.text + self.marks + self.attributes


def dissect(
    session: Session,
    *,
    claims: Claims,
    cookie: CookieAttributes,
    absolute_timeout: int | None = None,
    profile: Profile = PROFILES["portable"],
    others: int = 0,
    wires: Mapping[Any, Wire] | None = None,
) -> Anatomy:
    """Take a session apart as it would be sealed now, and leave it as it is.

    Args:
        session: the session; it is opened, nothing else happens to it.
        claims: those that it is sealed with.
        cookie: the name and attributes of its cookie.
        absolute_timeout: how long it lives after it began, in seconds, or None.
        profile: the limits of the deployment.
        others: octets of other cookies in the Cookie header.
        wires: the values as they will stand in the payload, if not as :func:`wires_of` has them.

    Returns:
        Its anatomy. Of a session without values it says what an empty one would take; there is no
        cookie for it.

    Raises:
        UsageError: a value can't be packed, as when the session is committed.
        Unavailable: the keys can't be had.
    """
    wires = wires_of(session) if wires is None else wires
    content = session._content
    sealed = take_apart(session._codec, claims.to_octets(), wires)
    layout = Layout.of(sealed.text, cookie)
    return Anatomy(
        header=sealed.header,
        nonce=sealed.nonce,
        claims=sealed.claims,
        count=sealed.count,
        values=sealed.values,
        tag=sealed.tag,
        name=layout.names,
        marks=layout.values - sealed.text,
        attributes=layout.octets - layout.names - layout.values,
        limit=LIMIT,
        cookies=layout.cookies if layout.fits else (),
        profile=profile.name,
        request=Room(layout.in_request, others, profile.cookie_line),
        response=_response(layout, profile),
        begun=claims.iat,
        sealed_at=None if content is None else content.head.sealed_at,
        until=claims.until,
        absolute_end=None if absolute_timeout is None else claims.iat + absolute_timeout,
        permanent=session.permanent,
        new=session.new,
    )


def take_apart(codec: Codec, claims: bytes, wires: Mapping[Any, Wire]) -> Sealed:
    """Say what each part of a sealed text takes.

    Args:
        codec: packs and unpacks the values.
        claims: the packed claims.
        wires: the values as they stand in the payload, by key.
    """
    payload = len(codec.dump_payload(claims, wires))
    steps = [codec.steps(name, wire) for name, wire in wires.items()]
    claims_octets = _CLAIMS_LENGTH + len(claims)
    entries = sum(step.entry for step in steps)
    lengths = _Lengths()
    return Sealed(
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
                stored=_stored(wires[name]),
                octets=step.entry,
                text=lengths.characters(step.entry),
            )
            for name, step in zip(wires, steps, strict=True)
        ),
        tag=lengths.part(TAG_OCTETS),
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


def _response(layout: Layout, profile: Profile) -> Room:
    if profile.response is None:
        return Room(layout.octets, 0, profile.set_cookies)
    return Room(layout.in_response, 0, profile.response)


def _stored(wire: Wire) -> Stored | None:
    reference = Reference.of(wire)
    return None if reference is None else Stored(reference.octets, reference.ends)


def _characters(octets: int) -> int:
    return -(-octets * 4 // 3)


def wires_of(session: Session) -> dict[Any, Wire]:
    """A session's values as the commit would settle them, found without settling anything.

    Args:
        session: the session; it is opened.

    Raises:
        UsageError: a value can't be packed.
        Unavailable: the keys can't be had.
    """
    wires = {**session._opened(), **session._damaged}
    codec = session._codec
    for name, watched in session._watched.items():
        value = session._live[name]
        packed = codec.pack(value, name=name)
        if packed != watched:
            wires[name] = codec.to_wire(name, value, packed)
    return wires
