"""The origin behind the edge: a real session manager, and what the edge is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cookie_sessions import sealer
from cookie_sessions.claims import Claims
from cookie_sessions.keys import KeyRing
from cookie_sessions.manager import PURPOSE
from cookie_sessions.sealer import Place
from cookie_sessions.session import Session
from tests.examples.edge.edge import subkeys
from tests.plain import HOUR, START, Site, key

RING = KeyRing(key(1))
PRIMARY = key(1).kid.hex()


def options(*, name: str = "session", audience: str = "", **more: Any) -> dict[str, Any]:
    """What the edge of a site is configured with, as that of ``tests.plain`` by default."""
    given = {"subkeys": subkeys(*RING), "name": name, "audience": audience, "now": START}
    return {**given, "idle": HOUR, **more}


def sealed(content: bytes) -> tuple[str, dict[str, Any]]:
    """A Cookie header with any octets as the map of a session, and the options to open it."""
    claims = Claims.begin(now=START, until=int(START) + HOUR).to_octets()
    plaintext = bytes((len(claims),)) + claims + content
    place = Place(PURPOSE, "session", "")
    text = sealer.seal(plaintext, ring=RING, place=place, refreshable=False, now=START)
    return f"session={text}", options()


def header(pairs: Iterable[tuple[str, str]]) -> str:
    """A Cookie header of these cookies."""
    return "; ".join(f"{name}={value}" for name, value in pairs)


def stored(site: Site, values: Mapping[Any, Any]) -> str:
    """The Cookie header of a browser that has the session with these values."""
    session = site.arrive()
    session.update(values)
    return cookies_of(site.respond(session))


def cookies_of(lines: Iterable[str]) -> str:
    """The Cookie header of a browser that was given these Set-Cookie lines."""
    pairs = [line.partition(";")[0].partition("=")[::2] for line in lines]
    return header((name, value) for name, value in pairs if value)


def opened(site: Site, cookie_header: str) -> Session:
    """The session of a request, opened."""
    session = site.arrive_with(cookie_header)
    len(session)
    return session
