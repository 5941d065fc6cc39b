"""Sealing and opening sessions of one to eight cookies, from header lines to header lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.timing import ratios, rounds
from cookie_sessions import clock
from cookie_sessions.cookies import MAX_COOKIES, CookieAttributes
from cookie_sessions.crypto import KEY_OCTETS
from cookie_sessions.events import Events
from cookie_sessions.keys import Key, KeyRing
from cookie_sessions.manager import SessionManager
from cookie_sessions.policy import Timeouts
from cookie_sessions.session import Session
from cookie_sessions.settings import Settings

_SECONDS: Final = 0.003
_COOKIE: Final = CookieAttributes("session")
_OCTETS_OF_ONE: Final = 2_850
"""Octets of values that nearly fill one cookie; what is sealed becomes a third longer as text."""

_ROOMY: Final = {"COOKIE_SESSIONS_PROFILE": "granian"}


@dataclass(frozen=True, slots=True)
class Split:
    """What a session of some cookies costs.

    Attributes:
        cookies: how many it takes.
        seal: seconds to seal it and to render its lines, in each round.
        open: seconds to find its cookies in a header and to open it, in each round.
        seal_ratios: round by round, how many times a session of one cookie that is.
        open_ratios: the same for opening.
    """

    cookies: int
    seal: list[float]
    open: list[float]
    seal_ratios: list[float]
    open_ratios: list[float]


def measure(*, count: int) -> list[Split]:
    """Every number of cookies, against one.

    Args:
        count: number of rounds.
    """
    manager = _manager()
    calls: dict[str, Callable[[], object]] = {}
    numbers = range(1, MAX_COOKIES + 1)
    for number in numbers:
        header = _header(manager, number)
        calls[f"open {number}"] = _open(manager, header)
        calls[f"seal {number}"] = _seal(manager, header)
    times = rounds(calls, count=count, seconds=_SECONDS)
    return [
        Split(
            cookies=number,
            seal=times[f"seal {number}"],
            open=times[f"open {number}"],
            seal_ratios=ratios(times[f"seal {number}"], times["seal 1"]),
            open_ratios=ratios(times[f"open {number}"], times["open 1"]),
        )
        for number in numbers
    ]


def _manager() -> SessionManager:
    ring = KeyRing(Key(os.urandom(KEY_OCTETS)))
    timeouts = Timeouts(idle=86_400)
    return SessionManager(
        settings=Settings.from_mapping(_ROOMY),
        ring=lambda: ring,
        timeouts=lambda: timeouts,
        events=Events(),
    )


def _header(manager: SessionManager, cookies: int) -> str:
    session = _load(manager, "")
    session["_permanent"] = True
    session["values"] = os.urandom(_OCTETS_OF_ONE * cookies)
    lines = _seal_now(manager, session)
    if len(lines) != cookies:
        raise RuntimeError(
            f"A session meant for {cookies} cookies takes {len(lines)}, so its figures would "
            f"stand in the wrong row. Change the octets of one cookie in benchmarks/chunks.py."
        )
    return "; ".join(line.partition(";")[0] for line in lines)


def _load(manager: SessionManager, header: str) -> Session:
    return manager.load(manager.arrival(header, name=_COOKIE.name), session_class=Session)


def _seal_now(manager: SessionManager, session: Session) -> list[str]:
    return manager.seal(session, cookie=_COOKIE, expires=int(clock.now()))


def _open(manager: SessionManager, header: str) -> Callable[[], object]:
    return lambda: _load(manager, header)["_permanent"]


def _seal(manager: SessionManager, header: str) -> Callable[[], object]:
    session = _load(manager, header)
    session["_permanent"]
    return lambda: _seal_now(manager, session)
