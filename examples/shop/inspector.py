"""The inspector: a visitor's own cookie taken apart, beside what Flask's would have shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from flask import (
    Blueprint,
    current_app,
    get_flashed_messages,
    render_template,
    request,
    session,
)

from cookie_sessions.anatomy import Anatomy
from cookie_sessions.codec import DEFAULT_SECRET_NAMES
from cookie_sessions.envelope import Head, peek
from cookie_sessions.flask import CookieSessions

from .flasks_own import SignedCookie

blueprint = Blueprint("inspector", __name__)

LONGEST_EXCERPT = 420
LONGEST_SEALED_EXCERPT = 160
SEALED_SHARE = 3
"""The page shows one character in so many of the sealed text, from its beginning."""

NOTES = MappingProxyType(
    {
        "user": "who signed in, and when",
        "cart": "article numbers and quantities",
        "recent": "what you looked at",
        "order": "your last order",
        "last_visit": "a time with its zone",
        "preferences": "how you like the shop",
        "csrf_token": "guards the forms; never compressed, so the length gives nothing away",
        "_permanent": "stay signed in on this device",
    }
)
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the cookie as the bar and its legend show it; `start` is where it begins."""

    kind: str
    name: str
    start: int
    octets: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in words and for machines."""

    words: str
    date: str
    iso: str

    @classmethod
    def of(cls, seconds: int, *, now: int) -> Moment:
        """A time in seconds since the epoch, seen from now."""
        when = datetime.fromtimestamp(seconds, UTC)
        return cls(in_words(seconds - now), f"{when.day} {when:%B %Y, %H:%M} UTC", when.isoformat())


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser, its extensions and every log on the way can see of the sealed cookie."""

    beginning: str
    length: int
    head: Head
    sealed: Moment

    @classmethod
    def of(cls, text: str, *, now: int) -> Seen | None:
        """Read the clear head of a cookie's text; None where there is none."""
        head = peek(text)
        if head is None:
            return None
        shown = min(LONGEST_SEALED_EXCERPT, len(text) // SEALED_SHARE)
        return cls(text[:shown], len(text), head, Moment.of(head.sealed_at, now=now))


@blueprint.get("/cookie")
def show() -> str:
    # Messages leave the session when they are shown, so they are taken out before it is weighed.
    get_flashed_messages()
    anatomy = CookieSessions.anatomy(current_app, session)
    if not anatomy.values:
        return render_template("inspector_empty.html", limit=anatomy.limit)
    now = int(datetime.now(UTC).timestamp())
    signed = SignedCookie.of(session)
    around = anatomy.name + anatomy.attributes
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    return render_template(
        "inspector.html",
        anatomy=anatomy,
        stretches=stretches(anatomy),
        notes=NOTES,
        totals=_totals(anatomy),
        widest=max(max(value.packed or 0, value.text) for value in anatomy.values),
        signed=signed,
        signed_total=around + len(signed.text),
        excerpt=signed.read_by_anyone(masked=DEFAULT_SECRET_NAMES, longest=LONGEST_EXCERPT),
        seen=Seen.of(request.cookies.get(cookie, ""), now=now),
        moments=_moments(anatomy, now=now),
    )


def stretches(anatomy: Anatomy) -> list[Stretch]:
    """The cookie from end to end in four kinds of octets; they add up to its total."""
    kinds = (
        ("values", "Your values", sum(value.text for value in anatomy.values)),
        ("claims", "Id, beginning, end", anatomy.claims.text + anatomy.count.text),
        ("seal", "The seal", anatomy.header.text + anatomy.nonce.text + anatomy.tag.text),
        ("around", "Name, attributes", anatomy.name + anatomy.attributes),
    )
    laid: list[Stretch] = []
    start = 0
    for kind, name, octets in kinds:
        laid.append(Stretch(kind, name, start, octets))
        start += octets
    return laid


def in_words(seconds: int) -> str:
    """A distance in time as people say it: "in 30 days", "5 minutes ago", "just now"."""
    distance = abs(seconds)
    for unit, length in _UNITS:
        if distance >= length:
            count = (distance + length // 2) // length
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "in a moment" if seconds > 0 else "just now"


def _totals(anatomy: Anatomy) -> Mapping[str, int | None]:
    steps: dict[str, int | None] = {
        "text": sum(value.text for value in anatomy.values),
        "compressed": sum(value.compressed for value in anatomy.values),
    }
    for step in ("packed", "shrunk"):
        sizes = [getattr(value, step) for value in anatomy.values]
        steps[step] = None if None in sizes else sum(sizes)
    return steps


def _moments(anatomy: Anatomy, *, now: int) -> list[tuple[str, Moment]]:
    times = (
        ("Your visit began", anatomy.begun),
        ("The cookie was sealed", anatomy.sealed_at),
        ("It ends", anatomy.until),
        ("It ends, whatever happens,", anatomy.absolute_end),
    )
    return [(name, Moment.of(at, now=now)) for name, at in times if at is not None]
