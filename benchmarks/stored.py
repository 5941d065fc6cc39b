"""A session with a value that no cookie holds: the rest in the cookie, or all of it in Redis.

Flask-Session keeps every session in Redis under its defaults: it reads the whole at the beginning
of each request and writes it at the end. Here one value is in the store and the rest travels.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Flask
from flask.sessions import SessionInterface

from benchmarks import redis_server
from benchmarks.operations import OPERATIONS
from benchmarks.peers import OURS, Peer
from benchmarks.requests import Cell, Stage, ask, seed_environ, visit
from benchmarks.shapes import SAMPLES, Shape, Values
from cookie_sessions.events import Events
from cookie_sessions.flask import CookieSessionInterface
from cookie_sessions.overflow import Overflow
from cookie_sessions.stores.url import store_from_url

COLD: Final = f"{OURS}, nothing remembered"
THEIRS: Final = "Flask-Session"

_MEASURED: Final = ("untouched", "read", "read-largest", "change", "append")
_ROWS: Final = 400
_SMALL: Final = 1_000
"""Octets of a cookie that does not hold the list."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was measured with Redis.

    Attributes:
        cells: each operation on each kind of session; none where nothing could be measured.
        why_not: why nothing was measured, and the remedy; empty where it was.
        octets: what the large value takes as JSON, in the mean.
    """

    cells: list[Cell] = field(default_factory=list)
    why_not: str = ""
    octets: int = 0


class RememberingNothing(CookieSessionInterface):
    """Our interface without the cache of the process: each read of a stored value asks Redis."""

    def __init__(self, url: str) -> None:
        self._url = url

    def open_session(self, app: Flask, request: Any) -> Any:
        """A session whose manager has an overflow store and remembers nothing of it."""
        from cookie_sessions.flask.state import AppState

        manager = AppState.of(app).manager
        if manager.overflow is None:
            store = store_from_url(self._url)
            manager.overflow = Overflow(store, events=Events(), cache_octets=0)
        return super().open_session(app, request)


def measure(*, rounds: int, repeats: int, seconds: float) -> Stored:
    """Every operation for both, on one Redis that is started for it.

    Args:
        rounds: rounds over all operations, at most.
        repeats: requests of each candidate and operation in a round.
        seconds: begin no further round after so many seconds.
    """
    reason = redis_server.why_not()
    if reason:
        return Stored(why_not=reason)
    shape = _shape()
    with redis_server.running() as url:
        peers = (
            Peer(OURS, CookieSessionInterface, lazy=True),
            Peer(COLD, lambda: RememberingNothing(url), lazy=True),
            Peer(THEIRS, lambda: theirs(url)),
        )
        stage = Stage(shape, peers)
        stage.apps[OURS].config["COOKIE_SESSIONS_OVERFLOW"] = url
        stage.verify()
        _check_that_the_list_is_not_in_the_cookie(stage)
        operations = [each for each in OPERATIONS if each.name in _MEASURED]
        cells = [
            (each, Cell(each.name, shape.name, permanent))
            for each in operations
            for permanent in (True, False)
        ]
        start = time.perf_counter()
        for number in range(rounds):
            for operation, cell in cells:
                # What was written a moment ago is another session in Redis, so all begin anew.
                stage.renew()
                visit(stage, operation, cell, turn=number, repeats=repeats, apart=True)
            if time.perf_counter() - start > seconds:
                break
    sizes = [len(str(sample[shape.largest])) for sample in shape.samples]
    return Stored([cell for _, cell in cells], octets=sum(sizes) // len(sizes))


def _check_that_the_list_is_not_in_the_cookie(stage: Stage) -> None:
    for name in (OURS, COLD):
        octets = len(ask(stage.apps[name], seed_environ(0, permanent=True)).cookie)
        if octets > _SMALL:
            raise RuntimeError(
                f"The cookie of {name} takes {octets} octets, so the list is in it and the "
                f"figures would mean nothing. Make the list longer in benchmarks/stored.py."
            )


def theirs(url: str) -> SessionInterface:
    """Flask-Session with its defaults, on the Redis at that URL."""
    from flask_session.redis import RedisSessionInterface
    from redis import Redis

    interface: SessionInterface = RedisSessionInterface(Flask("theirs"), client=Redis.from_url(url))
    return interface


def _shape() -> Shape:
    *samples, replacement = (_session(random.Random(f"stored {n}")) for n in range(SAMPLES + 1))
    return Shape(
        name="stored",
        samples=tuple(samples),
        replacement=replacement,
        scalar="_user_id",
        change=("_fresh", False),
        largest="recently_viewed",
        nested="recently_viewed",
    )


def _session(rng: random.Random) -> Values:
    return {
        "_user_id": str(rng.randrange(1, 5_000_000)),
        "_fresh": True,
        "_id": rng.randbytes(64).hex(),
        "csrf_token": rng.randbytes(20).hex(),
        "recently_viewed": [
            {"sku": rng.randbytes(6).hex(), "seen": rng.randrange(10**9), "from": "search"}
            for _ in range(_ROWS)
        ],
    }
