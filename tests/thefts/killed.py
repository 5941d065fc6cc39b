"""kill -9 right after sessions were ended, again and again: python -m tests.thefts.killed

With SQLite the process that writes is killed, with Redis the server (appendonly yes, appendfsync
always). After each round a fresh process looks whether every revocation that was acknowledged so
far is there. It ends with 1 if one is not. 2,000 on each, unless told otherwise.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from cookie_sessions import clock
from cookie_sessions.claims import SID_OCTETS, Claims
from cookie_sessions.codec import Codec
from cookie_sessions.errors import Unavailable
from cookie_sessions.events import Events
from cookie_sessions.revocation.configured import revocations_in
from cookie_sessions.revocation.revocations import Revocations
from tests.stores.processes import fork, in_processes
from tests.stores.redis_server import HOST, RedisServer

LONGEST_LIFE = 0.03
"""Seconds after its first acknowledgement in which a writing process is killed."""

MOST_IN_A_ROUND = 60
"""How many acknowledgements a server lives at most."""

FEWEST_ROUNDS = 3
"""How often something is killed at least, however much was written before each time."""

WRITERS = 4
PATIENCE = 60.0
"""Seconds that a call waits at most, so that nothing but a kill makes the store unavailable."""

_LIFETIME = 3600


class Outcome(NamedTuple):
    """What the kills did.

    Attributes:
        acknowledged: how many revocations had returned.
        lost: how many of them were not there afterwards.
        rounds: how often something was killed.
        seconds: how long all of it took.
    """

    acknowledged: int
    lost: int
    rounds: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.lost} of {self.acknowledged} acknowledged revocations lost, killed "
            f"{self.rounds} times, {self.seconds:.1f} s"
        )


class Written(NamedTuple):
    """What was ended: a session by its id, or all of a subject."""

    kind: str
    name: str

    def revoke(self, revocations: Revocations) -> None:
        """End it; once this returns it counts as acknowledged."""
        if self.kind == "session":
            revocations.revoke(self.name)
        else:
            revocations.revoke_subject(self.name)

    def is_revoked(self, revocations: Revocations) -> bool:
        """Whether the list says so."""
        now = clock.now()
        claims = Claims.begin(now=now, until=int(now) + _LIFETIME)
        if self.kind == "session":
            return revocations.is_revoked(claims._replace(sid=bytes.fromhex(self.name)))
        return revocations.is_revoked(
            claims._replace(subject=revocations.subject_octets(self.name))
        )

    def to_line(self) -> bytes:
        return f"{self.kind} {self.name}\n".encode()

    @classmethod
    def of_line(cls, line: bytes) -> Written:
        kind, name = line.decode().split()
        return cls(kind, name)


def anything() -> Written:
    """A session or a subject that nobody has had before; sessions more often."""
    name = os.urandom(SID_OCTETS).hex()
    return Written("subject" if name[0] in "0123" else "session", name)


def opened(url: str) -> Revocations:
    """The list as a fresh process sees it."""
    return revocations_in(
        url, codec=Codec(), events=Events(), longest=lambda: _LIFETIME, timeout=PATIENCE
    )


def missing_of(url: str, written: Iterable[Written]) -> int:
    """How many revocations are not there, as a fresh process sees it."""
    known = tuple(written)

    def count(_: int) -> bytes:
        revocations = opened(url)
        assert not anything().is_revoked(revocations), "it says so of everybody"
        return str(sum(not each.is_revoked(revocations) for each in known)).encode()

    (answer,) = in_processes(count, 1)
    return int(answer)


def kill_writers(folder: Path, *, revocations: int, seed: int = 6) -> Outcome:
    """Kill a process that writes to a SQLite file at random moments.

    Args:
        folder: for the file.
        revocations: how many must have been acknowledged in all.
        seed: decides about the moments.
    """
    url = f"sqlite:{folder / 'revocations.db'}"
    chosen = random.Random(seed)
    began = time.monotonic()
    written: list[Written] = []
    rounds = lost = 0
    while len(written) < revocations or rounds < FEWEST_ROUNDS:
        rounds += 1
        written += _killed_writer(url, chosen.uniform(0, LONGEST_LIFE))
        lost = missing_of(url, written)
    return Outcome(len(written), lost, rounds, time.monotonic() - began)


def _killed_writer(url: str, life: float) -> list[Written]:
    """What a process has acknowledged by when it is killed."""
    reading, writing = os.pipe()
    child = fork()
    if child == 0:
        try:
            _write_for_ever(opened(url), lambda each: os.write(writing, each.to_line()))
        finally:
            os._exit(1)
    os.close(writing)
    with open(reading, "rb") as pipe:
        first = pipe.readline()
        time.sleep(life)
        os.kill(child, signal.SIGKILL)
        lines = [first, *pipe]
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    return [Written.of_line(line) for line in lines]


def _write_for_ever(revocations: Revocations, acknowledge: Callable[[Written], object]) -> None:
    while True:
        each = anything()
        each.revoke(revocations)
        acknowledge(each)


def kill_servers(folder: Path, *, revocations: int, seed: int = 6) -> Outcome:
    """Kill a Redis server while several threads write.

    Args:
        folder: for the server's files.
        revocations: how many must have been acknowledged in all.
        seed: decides after how many of them each server is killed.
    """
    server = RedisServer(folder, "appendonly yes", "appendfsync always")
    url = f"redis://{HOST}:{server.port}/0"
    chosen = random.Random(seed)
    began = time.monotonic()
    written: list[Written] = []
    rounds = lost = 0
    try:
        server.start()
        while len(written) < revocations or rounds < FEWEST_ROUNDS:
            rounds += 1
            written += _killed_server(server, url, chosen.randint(1, MOST_IN_A_ROUND))
            server.start()
            lost = missing_of(url, written)
    finally:
        server.stop()
    return Outcome(len(written), lost, rounds, time.monotonic() - began)


def _killed_server(server: RedisServer, url: str, life: int) -> list[Written]:
    """What was acknowledged before a server had gone.

    The thread that gets the last acknowledgement kills it at once, in the middle of what the others
    write.
    """
    acknowledged: list[Written] = []
    failed: list[Unavailable] = []
    turn = threading.Lock()

    def acknowledge(each: Written) -> None:
        with turn:
            acknowledged.append(each)
            is_last = len(acknowledged) == life
        if is_last:
            server.stop()

    def write() -> None:
        try:
            _write_for_ever(opened(url), acknowledge)
        except Unavailable as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == WRITERS, "a thread has failed for another reason"
    return acknowledged


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.thefts.killed", description=__doc__)
    parser.add_argument("--revocations", type=int, default=2000, help="how many on each")
    wanted = parser.parse_args().revocations
    # That a server has gone is no news here.
    logging.disable()
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, kill in (("SQLite", kill_writers), ("Redis", kill_servers)):
            place = Path(folder) / name
            place.mkdir()
            outcome = kill(place, revocations=wanted)
            sys.stdout.write(f"{name}: {outcome}\n")
            lost += outcome.lost
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
