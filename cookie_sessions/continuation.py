"""The response that is made most often: a session of one cookie goes on, refreshed or changed.

It is the way of ``commit`` for a session of which nothing else was asked, without the questions
that have one answer there: nobody came or left, nothing is in a store, no list is kept. Whatever
is not as plain as that is left to ``commit``, and a test holds that both write the same octets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cookie_sessions import clock, sealer
from cookie_sessions.arrival import Arrival
from cookie_sessions.cookies import LIMIT, is_split, request_excess, response_excess
from cookie_sessions.events import EventName
from cookie_sessions.fixation import goes_on

if TYPE_CHECKING:
    from cookie_sessions.cookies import CookieAttributes, Surroundings
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.session import Session

_PAIR = len("=; ")


def continuation(
    manager: SessionManager,
    session: Session,
    *,
    cookie: CookieAttributes,
    expires: int | None,
    renew: bool,
    surroundings: Surroundings,
) -> str | None:
    """The one line for Set-Cookie that keeps such a session; None for any other session.

    Args:
        manager: whose settings and keys apply.
        session: an open session.
        cookie: the attributes of its cookie.
        expires: when the browser forgets it, in seconds since the epoch, or None.
        renew: whether the sealed end moves.
        surroundings: what else the request and the response carry.

    Raises:
        UsageError: a value can't be packed.
        Unavailable: the keys can't be had.
    """
    content, arrival = session._content, session._origin
    if not (
        content is not None
        and content.anomaly is None
        and manager.revocations is None
        and manager.overflow is None
        and manager.migration is None
        and manager.beside is None
        and manager.sampler is None
        and type(arrival) is Arrival
        and _is_one_cookie(arrival, cookie.name)
        and surroundings.lines() is None
    ):
        return None
    began = clock.ticks()
    wires = session._settle()
    claims = content.claims
    ring = manager.ring()
    if (
        claims.lasts is not None
        or claims.imported_from
        or ring.primary_kid != content.head.kid
        or not goes_on(session, content, manager=manager)
    ):
        return None
    now = clock.now()
    timeouts = manager.timeouts()
    if renew:
        until = timeouts.until(now=now, claims=claims)
    else:
        until = timeouts.kept_until(claims, sealed_at=content.head.sealed_at)
    until = max(until, claims.iat)
    if manager.bond is not None:
        claims = arrival.bound(claims, content=content, renew=renew)
    octets = claims.to_octets(until=until)
    codec, changed = manager.codec, session._written
    if changed:
        plaintext = codec.dump_payload(octets, codec.repacked(wires))
        slides = timeouts.all_slide or session.permanent
    else:
        plaintext = codec.with_claims(codec.without_withdrawn(content.plaintext), octets)
        slides = timeouts.all_slide or content.head.refreshable
    place = manager.place(cookie.name)
    text = sealer.seal(plaintext, ring=ring, place=place, refreshable=slides, now=now)
    size = cookie.octets(text)
    # The whole Cookie header, others' cookies included: who is near a limit is counted with care.
    header = len(arrival.header) + len(cookie.name) + len(text) + _PAIR
    if size > LIMIT or request_excess(
        manager.settings.profile, cookie=header, surroundings=surroundings
    ):
        return None
    line = cookie.render(text, expires=expires)
    if response_excess(manager.settings.profile, lines=(line,), surroundings=surroundings):
        return None
    name = EventName.WRITTEN if changed else EventName.REFRESHED
    events = manager.events
    if events.wants(name):
        seconds = clock.ticks() - began
        kid = ring.primary.kid.hex()
        events.emit(name, octets=size, chunks=1, seconds=seconds, kid=kid)
    return line


def _is_one_cookie(arrival: Arrival, name: str) -> bool:
    """Whether nothing of ours arrived but one cookie of this name, whole."""
    texts = arrival._texts.get(name, ())
    return (
        name == arrival.name
        and arrival.moved_from is None
        and len(texts) == 1
        and f"{name}." not in arrival.header
        and not is_split(texts[0])
    )
