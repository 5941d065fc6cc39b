"""Ring, cryptography, envelope and codec in their one order: seal a plaintext, open a text."""

from __future__ import annotations

from typing import NamedTuple

from cookie_sessions import envelope
from cookie_sessions.clock import SKEW
from cookie_sessions.envelope import Head
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.keys import KeyRing


class Place(NamedTuple):
    """Where a sealed value belongs; it opens nowhere else.

    Attributes:
        purpose: what it is for; each purpose has its own subkey.
        name: the name of the cookie.
        audience: the application it is for.
    """

    purpose: str
    name: str
    audience: str


class Opened(NamedTuple):
    """What opening a text gave.

    Attributes:
        head: the header, authenticated.
        plaintext: the payload, authenticated.
        needs_reseal: whether another key than the ring's primary sealed it.
    """

    head: Head
    plaintext: bytes
    needs_reseal: bool

    def __repr__(self) -> str:
        return f"<Opened payload of {len(self.plaintext)} octets>"


def seal(plaintext: bytes, *, ring: KeyRing, place: Place, refreshable: bool, now: float) -> str:
    """Seal a payload with the ring's primary key.

    Args:
        plaintext: the payload.
        ring: names the key.
        place: where the value belongs.
        refreshable: whether the session's end moves with its use; readable without a key.
        now: seconds since the epoch; readable without a key.

    Returns:
        The text of the cookie.
    """
    key = ring.primary
    head = Head(envelope.REFRESHABLE if refreshable else 0, key.kid, int(now))
    return envelope.serialise(head, key.aead(place.purpose).seal(plaintext, _aad(head, place)))


def open_text(text: str, *, ring: KeyRing, place: Place, now: float) -> Opened:
    """Open a text with the one key that it names; nothing is tried in turn.

    Args:
        text: the value of a cookie.
        ring: the keys.
        place: where the value was found.
        now: seconds since the epoch.

    Returns:
        The authenticated header and payload.

    Raises:
        Rejected: anything is wrong with it.
    """
    head, sealed = envelope.parse(text)
    key = ring.get(head.kid)
    if key is None:
        raise Rejected(_why_without_key(head.kid, ring))
    if head.sealed_at > now + SKEW:
        raise Rejected(Reason.NOT_YET_VALID)
    plaintext = key.aead(place.purpose).open(sealed, _aad(head, place))
    return Opened(head, plaintext, key.kid != ring.primary_kid)


def _why_without_key(kid: bytes, ring: KeyRing) -> Reason:
    if kid in ring.revoked:
        return Reason.KEY_REVOKED
    return Reason.KEY_RETIRED if kid in ring.retired else Reason.UNKNOWN_KID


def _aad(head: Head, place: Place) -> bytes:
    return envelope.aad(head, purpose=place.purpose, name=place.name, audience=place.audience)
