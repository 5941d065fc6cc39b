"""A user goes on at another domain: what the source says of them, for one target and one visit.

The target begins: it gives the browser a nonce and names its hash, the visit, to the source. What
the source then seals names the target and the visit, counts for a minute, and is of use only in the
browser that has the nonce, and only once. docs/protection-transport.md tells the whole.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from ormsgpack import packb, unpackb

from cookie_sessions import sealer
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import CookieSessionsError, Rejected, UsageError
from cookie_sessions.keys import KeyRing
from cookie_sessions.sealer import Place

PURPOSE: Final = "handoff"

SECONDS: Final = 60
"""How long a hand-off counts: for a page to load and a form to be sent. Clocks that differ by more
make it count for nobody."""

VISIT_SECONDS: Final = 600
"""How long after its beginning a visit can end: for a sign-in at the source."""

MAX_OCTETS: Final = 1_024
"""What a subject and its claims may take, packed."""

MAX_TEXT_OCTETS: Final = 4_096
"""The longest text that is looked at."""

_TIME_OCTETS: Final = 4
_NONCE_OCTETS: Final = 36
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{48}")
_VISIT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SIMPLE: Final = frozenset({str, int, float, bool, type(None)})
_LABEL: Final = b"cookie_sessions v1 handoff visit"


class HandedOff(NamedTuple):
    """A user whom a source has handed over.

    Attributes:
        subject: whom the source calls so; what that means here is agreed between the two.
        claims: what else it says of them.
        source: its origin.
    """

    subject: str
    claims: Mapping[str, Any]
    source: str

    def __repr__(self) -> str:
        return f"<HandedOff from {self.source}>"


class Once(NamedTuple):
    """What must be used up before a hand-off counts.

    Attributes:
        name: what names the visit in a store.
        ends: until when the store must remember it, in seconds since the epoch.
    """

    name: str
    ends: int


class HandoffRefused(CookieSessionsError):
    """A hand-off that does not count; expected at any time, and nobody's fault in the application.

    Attributes:
        why: ``no_nonce`` (another browser, or too late for its cookie), ``other_visit``,
            ``visit_over``, ``late``, ``unknown_source``, ``unknown_target``, ``malformed``,
            ``spent``, or why its seal does not open: a value of ``Reason``.
        was_ours: whether it was sealed for this target and visit, so that the visit is over.
    """

    def __init__(self, why: str, *, was_ours: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.was_ours = was_ours


def origin_of(url: str) -> str:
    """The origin of a URL that settings have taken, such as ``https://shop.example.org``."""
    return "/".join(url.split("/", 3)[:3])


def new_nonce(*, now: float) -> str:
    """What the target gives the browser when a visit begins.

    Args:
        now: seconds since the epoch; can be read from it.

    Returns:
        48 characters of base64url, of 256 random bits and the time.
    """
    began = int(now).to_bytes(_TIME_OCTETS, "big")
    return _text(began + os.urandom(_NONCE_OCTETS - _TIME_OCTETS))


def visit_of(nonce: str, *, source: str, target: str) -> str:
    """What names a visit to the source, and in URLs: it does not lead to the nonce.

    Args:
        nonce: what the browser has.
        source: the origin that is asked; another one can't answer.
        target: the origin that asks.

    Returns:
        43 characters of base64url, a SHA-256.
    """
    parts = [_LABEL, nonce.encode(), source.encode(), target.encode()]
    return _text(
        hashlib.sha256(b"".join([len(part).to_bytes(2, "big") + part for part in parts])).digest()
    )


def is_visit(text: str) -> bool:
    """Whether a text has the form of what :func:`visit_of` gives."""
    return _VISIT.fullmatch(text) is not None


def seal_handoff(
    subject: str,
    claims: Mapping[str, Any],
    *,
    ring: KeyRing,
    source: str,
    target: str,
    visit: str,
    now: float,
) -> str:
    """Seal what a source says of a user.

    Args:
        subject: whom it calls so.
        claims: what else it says; text, numbers, booleans and None by text.
        ring: its primary key seals; the target opens with the same.
        source: the origin of who says it.
        target: the origin that it is for.
        visit: what the target has named.
        now: seconds since the epoch.

    Raises:
        UsageError: the subject or the claims are of other types, or too large.
        Unavailable: the ring has no key that seals.
    """
    if type(subject) is not str or not subject:
        raise UsageError(
            f"A user is handed over by a text, and this is a {type(subject).__name__}, or an empty "
            f"one. Pass what the target knows them by, such as str(user.id)."
        )
    if not all(type(k) is str and type(v) in _SIMPLE for k, v in claims.items()):
        raise UsageError(
            "The claims of a hand-off are text, numbers, booleans and None, each by a text. Pass "
            "what the target can't look up itself; it gets no session."
        )
    try:
        plaintext = packb([source, visit, subject, dict(claims)])
    except (TypeError, ValueError):
        plaintext = None
    # Raised outside, for the packer's error may hold the value.
    if plaintext is None or len(plaintext) > MAX_OCTETS + len(source) + len(visit):
        raise UsageError(
            f"The subject and claims of a hand-off take more than {MAX_OCTETS} octets, or can't be "
            f"packed. Pass identifiers, and let the target look up the rest."
        )
    place = Place(PURPOSE, target, "")
    return sealer.seal(plaintext, ring=ring, place=place, refreshable=False, now=now)


def open_handoff(
    text: str, *, ring: KeyRing, sources: Collection[str], target: str, nonce: str, now: float
) -> tuple[HandedOff, Once]:
    """Open what a source has sealed, for this target and the browser that has this nonce.

    Args:
        text: what the browser has brought.
        ring: the keys that sources seal with.
        sources: the origins that are believed.
        target: the origin of who opens it.
        nonce: what the browser's cookie holds.
        now: seconds since the epoch.

    Returns:
        Who was handed over, and what must be used up first: without that it may come again.

    Raises:
        HandoffRefused: it does not count.
    """
    began = _began(nonce)
    if began is None:
        raise HandoffRefused("no_nonce")
    if len(text) > MAX_TEXT_OCTETS:
        raise HandoffRefused("malformed")
    place = Place(PURPOSE, target, "")
    try:
        opened = sealer.open_text(text, ring=ring, place=place, now=now)
    except Rejected as rejected:
        raise HandoffRefused(rejected.reason) from None
    handed, visit = _unpacked(opened.plaintext)
    if handed.source not in sources:
        raise HandoffRefused("unknown_source")
    wanted = visit_of(nonce, source=handed.source, target=target)
    if not hmac.compare_digest(visit.encode(), wanted.encode()):
        raise HandoffRefused("other_visit")
    # One clock may be ahead of the other; by more than it counts for it counts for nobody.
    if not -SECONDS <= now - opened.head.sealed_at < SECONDS:
        raise HandoffRefused("late", was_ours=True)
    if not began - SKEW <= now < began + VISIT_SECONDS:
        raise HandoffRefused("visit_over", was_ours=True)
    # When the store forgets the visit, every instance finds it over, whatever its clock says.
    return handed, Once(_hex(wanted), began + VISIT_SECONDS + 2 * SKEW)


def _began(nonce: str) -> int | None:
    if _NONCE.fullmatch(nonce) is None:
        return None
    return int.from_bytes(base64.urlsafe_b64decode(nonce)[:_TIME_OCTETS], "big")


def _unpacked(plaintext: bytes) -> tuple[HandedOff, str]:
    """What was sealed; authentic, and of a later release at worst."""
    try:
        said: list[Any] = unpackb(plaintext)
        source, visit, subject, claims = said
        whole = packb([source, visit, subject, claims]) == plaintext
    except (TypeError, ValueError):
        raise HandoffRefused("undecodable") from None
    if not whole or not all(type(each) is str and each for each in (source, visit, subject)):
        raise HandoffRefused("undecodable")
    if type(claims) is not dict or not all(type(value) in _SIMPLE for value in claims.values()):
        raise HandoffRefused("undecodable")
    return HandedOff(subject, claims, source), visit


def _hex(visit: str) -> str:
    return hashlib.sha256(visit.encode()).hexdigest()[:32]


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
