"""The inspector: a visitor's own cookies taken apart, beside what Flask's would have shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

from cookie_sessions.anatomy import Anatomy, ValuePart
from cookie_sessions.cookies import chunk_names, head_text, is_split
from cookie_sessions.envelope import Head, peek
from cookie_sessions.flask import CookieSessions

from .flasks_own import SignedCookie
from .moments import Moment

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
        "notes": "what you noted at articles",
        "order": "your last order",
        "last_visit": "a time with its zone",
        "preferences": "how you like the shop",
        "_forms": "keeps the session whose id guards the forms",
        "_permanent": "stay signed in on this device",
    }
)
STORES = MappingProxyType(
    {
        "memory": "the memory of the server",
        "sqlite": "an SQLite file of the shop",
        "redis": "Redis",
        "memcached": "Memcached",
        "dynamodb": "DynamoDB",
    }
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the cookies as the bar and its legend show it; `start` is where it begins."""

    kind: str
    name: str
    start: int
    octets: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that went to the store: what it takes there and in the cookie, and until when."""

    name: str
    octets: int
    reference: int
    until: Moment

    @classmethod
    def of(cls, value: ValuePart, *, now: int) -> Kept | None:
        """What the store has of a value; None where the cookie has it."""
        if value.stored is None:
            return None
        until = Moment.of(value.stored.until, now=now)
        return cls(value.name, value.stored.octets, value.text, until)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser, its extensions and every log on the way can see of the sealed cookies."""

    beginning: str
    length: int
    head: Head
    sealed: Moment

    @classmethod
    def of(cls, cookies: Mapping[str, str], name: str, *, now: int) -> Seen | None:
        """Read the clear head of the cookie of that name; None where there is none."""
        text = cookies.get(name, "")
        head = peek(head_text(text) if is_split(text) else text)
        if head is None:
            return None
        length = len(text) + sum(len(cookies.get(chunk, "")) for chunk in chunk_names(name))
        shown = min(LONGEST_SEALED_EXCERPT, len(text) // SEALED_SHARE)
        return cls(text[:shown], length, head, Moment.of(head.sealed_at, now=now))


@blueprint.get("/cookie")
def show() -> str:
    # Messages leave the session when they are shown, so they are taken out before it is weighed.
    get_flashed_messages()
    anatomy = CookieSessions.anatomy(current_app, session)
    if not anatomy.values:
        return render_template("inspector_empty.html", limit=anatomy.limit)
    now = int(datetime.now(UTC).timestamp())
    signed = SignedCookie.of(session)
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    one_cookie = (anatomy.name + anatomy.attributes) // max(1, len(anatomy.cookies))
    near = [value for value in anatomy.values if value.stored is None]
    return render_template(
        "inspector.html",
        anatomy=anatomy,
        stretches=stretches(anatomy, signed_in="user" in session),
        notes=NOTES,
        near=near,
        kept=[kept for value in anatomy.values if (kept := Kept.of(value, now=now))],
        store=_store(),
        totals=_totals(near),
        widest=max((max(value.packed or 0, value.text) for value in near), default=1),
        signed=signed,
        signed_total=one_cookie + len(signed.text),
        excerpt=signed.read_by_anyone(longest=LONGEST_EXCERPT),
        seen=Seen.of(request.cookies, cookie, now=now),
        moments=_moments(anatomy, now=now),
    )


def stretches(anatomy: Anatomy, *, signed_in: bool) -> list[Stretch]:
    """The cookies from end to end in kinds of octets; they add up to their total."""
    near = sum(value.text for value in anatomy.values if value.stored is None)
    far = sum(value.text for value in anatomy.values if value.stored is not None)
    several = len(anatomy.cookies) > 1
    claims = "Id, account, beginning, end" if signed_in else "Id, beginning, end"
    kinds = (
        ("values", "Your values", near),
        ("stored", "Where the rest is", far),
        ("claims", claims, anatomy.claims.text + anatomy.count.text),
        ("seal", "The seal", anatomy.header.text + anatomy.nonce.text + anatomy.tag.text),
        (
            "around",
            "Names, attributes, what ties them" if several else "Name, attributes",
            anatomy.name + anatomy.marks + anatomy.attributes,
        ),
    )
    laid: list[Stretch] = []
    start = 0
    for kind, name, octets in kinds:
        if octets or kind == "values":
            laid.append(Stretch(kind, name, start, octets))
            start += octets
    return laid


def _store() -> str:
    """What the shop's overflow store is called on the page; empty where it has none."""
    scheme = (current_app.config["COOKIE_SESSIONS_OVERFLOW"] or "").partition(":")[0]
    return STORES.get(scheme.partition("+")[0], "a store") if scheme else ""


def _totals(values: Sequence[ValuePart]) -> Mapping[str, int | None]:
    steps: dict[str, int | None] = {
        "text": sum(value.text for value in values),
        "compressed": sum(value.compressed for value in values),
    }
    for step in ("packed", "shrunk"):
        sizes = [getattr(value, step) for value in values]
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
