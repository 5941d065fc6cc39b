"""Sessions under a list of revocations in Redis: whole requests, and what each of them is made of.

With a list our session asks Redis whether it has ended, or goes by what it was told a moment ago;
Flask-Session has the same Redis give it the whole session.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from flask.sessions import SessionInterface

from benchmarks import redis_server
from benchmarks.checks import (
    SESSION_SECONDS,
    asking,
    claims_of,
    entries_of,
    ids_with,
    verify,
)
from benchmarks.operations import OPERATIONS
from benchmarks.peers import OURS, Peer
from benchmarks.requests import Cell, Stage, ask, contents, environ, seed_environ, visit
from benchmarks.shapes import one_shape
from benchmarks.stored import THEIRS, theirs
from benchmarks.timing import rounds
from cookie_sessions import clock
from cookie_sessions.claims import SID_OCTETS
from cookie_sessions.codec import Codec
from cookie_sessions.events import Events
from cookie_sessions.flask import CookieSessionInterface, CookieSessions, FlaskSession
from cookie_sessions.revocation.configured import revocations_in
from cookie_sessions.stores.url import store_from_url

REMEMBERS: Final = f"{OURS}, list remembered"
ASKS: Final = f"{OURS}, list asked"
AGAIN: Final = f"{OURS}, again"
STALENESS: Final = {REMEMBERS: 2.0, ASKS: 0.0}
"""Seconds for which each goes by what it was told; the first is the default."""

CHECK: Final = "check alone"
ENTRIES: Final = 1_000

_MEASURED: Final = ("untouched", "membership", "read", "change")
_AT_ONCE: Final = 50
_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Listed:
    """What was measured with a list in Redis.

    Attributes:
        cells: each operation on each kind of session; none where nothing could be measured.
        loads: seconds for opening a session and reading a key of it, by candidate, and for the
            check alone, round by round.
        why_not: why nothing was measured, and the remedy; empty where it was.
    """

    cells: list[Cell] = field(default_factory=list)
    loads: dict[str, list[float]] = field(default_factory=dict)
    why_not: str = ""


def check_alone(candidate: str) -> str:
    """What the check of this candidate is called among the loads."""
    return f"{CHECK}, {candidate}"


def measure(*, count: int, repeats: int, seconds: float, loops: int) -> Listed:
    """Every operation for ours and for Flask-Session, on one Redis that is started for it.

    Args:
        count: rounds over all operations, at most.
        repeats: requests of each candidate and operation in a round.
        seconds: begin no further round of requests after so many seconds.
        loops: rounds of what is timed in loops.
    """
    reason = redis_server.why_not()
    if reason:
        return Listed(why_not=reason)
    with redis_server.running() as url:
        sids = [os.urandom(SID_OCTETS) for _ in range(_AT_ONCE)]
        _fill(url, sids)
        stage = _stage(url)
        calls = {name: _loads(stage, name) for name in (THEIRS, OURS, *STALENESS)}
        for name, staleness in STALENESS.items():
            calls[check_alone(name)] = _checks(url, sids, staleness=staleness)
        taken = rounds(calls, count=loops, seconds=_SECONDS)
        loads = {name: [total / _AT_ONCE for total in taken[name]] for name in taken}
        return Listed(_requests(stage, count, repeats, seconds), loads)


def _requests(stage: Stage, count: int, repeats: int, seconds: float) -> list[Cell]:
    cells = [
        (each, Cell(each.name, stage.shape.name, permanent))
        for each in OPERATIONS
        for permanent in (True, False)
        if each.name in _MEASURED
    ]
    start = time.perf_counter()
    for number in range(count):
        for operation, cell in cells:
            stage.renew()
            visit(stage, operation, cell, turn=number, repeats=repeats, apart=True)
        if time.perf_counter() - start > seconds:
            break
    return [cell for _, cell in cells]


def _stage(url: str) -> Stage:
    """All candidates on one Redis; verified, with cookies that were written just now."""
    peers = (
        Peer(OURS, CookieSessionInterface, lazy=True),
        Peer(AGAIN, CookieSessionInterface, lazy=True),
        *(Peer(name, CookieSessionInterface, lazy=True) for name in STALENESS),
        Peer(THEIRS, lambda: theirs(url)),
    )
    stage = Stage(one_shape("login"), peers)
    for name, staleness in STALENESS.items():
        stage.apps[name].config["COOKIE_SESSIONS_REVOCATIONS"] = url
        stage.apps[name].config["COOKIE_SESSIONS_REVOCATIONS_STALENESS"] = staleness
    stage.verify()
    for name in STALENESS:
        _check_that_the_list_counts(stage, name)
    stage.renew()
    return stage


def _check_that_the_list_counts(stage: Stage, name: str) -> None:
    app = stage.apps[name]
    cookie = ask(app, seed_environ(0, permanent=True)).cookie
    with app.test_request_context(headers={"Cookie": cookie}) as context:
        session = cast(FlaskSession, context.session)
        sid = session.sid
    was_there = contents(app, cookie)
    CookieSessions.revocations(app).revoke(sid)
    if not was_there or contents(app, cookie):
        raise RuntimeError(
            f"{name} still opens a session that was ended, or never opened it, so its figures "
            f"would mean nothing, and none are printed."
        )


def _fill(url: str, sids: Sequence[bytes]) -> None:
    """Have so many sessions on the list, those of ``sids`` among them."""
    store = store_from_url(url)
    store.put_many(dict(entries_of(ids_with(sids, ENTRIES))), ends=clock.now() + SESSION_SECONDS)
    store.close()


def _checks(url: str, ended: Sequence[bytes], *, staleness: float) -> Callable[[], None]:
    revocations = revocations_in(
        url,
        codec=Codec(),
        events=Events(),
        longest=lambda: SESSION_SECONDS,
        staleness=staleness,
    )
    living = [claims_of(os.urandom(SID_OCTETS)) for _ in range(_AT_ONCE)]
    verify(revocations, living=living, ended=map(claims_of, ended))
    return asking(revocations, living, at_once=_AT_ONCE)


def _loads(stage: Stage, name: str) -> Callable[[], None]:
    """Opening sessions and reading a key, as many of them as the checks, in turn."""
    app = stage.apps[name]
    interface: SessionInterface = app.session_interface
    key = stage.shape.scalar
    read = next(each for each in OPERATIONS if each.name == "read")
    cookies = [made["HTTP_COOKIE"] for made in stage.environs(name, read, permanent=True)]
    requests = [app.request_class(environ("/read", cookie)) for cookie in cookies]
    turn = itertools.cycle(requests)
    for request, sample in zip(requests, stage.shape.samples, strict=True):
        session = interface.open_session(app, request)
        if session is None or session.get(key) != sample[key]:
            raise RuntimeError(
                f"{name} does not open the sessions that it wrote, so its figures would mean "
                f"nothing, and none are printed."
            )

    def load() -> None:
        for request in itertools.islice(turn, _AT_ONCE):
            session = interface.open_session(app, request)
            assert session is not None
            session.get(key)

    return load
