"""One visitor: signs in once, goes on writing, and knows what the session must hold."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from tests.rollout.application import KEEPSAKES, KEPT_ENTRIES
from tests.rollout.client import Client
from tests.rollout.fleet import Fleet, Stage

LONGEST_PAUSE = 0.15
"""Seconds between two requests, so that twenty visitors leave time for an instance to start."""


class Sighting(NamedTuple):
    """A request that began and ended within one stage, as far as it is counted.

    Attributes:
        stage: what was running.
        step: the step of the instance that answered.
        used: whether the page used the session.
        sent: the form of the cookie that it got, or None.
        written: the form of the cookie that it set, or None.
    """

    stage: Stage
    step: int
    used: bool
    sent: str | None
    written: str | None


class Jar(threading.Thread):
    """A visitor with a cookie jar, in a thread of its own.

    Args:
        fleet: the instances.
        number: the visitor's; those with even numbers stay signed in when the browser is closed.

    Attributes:
        requests: how many were answered.
        log_outs: how often a session was gone. The visitor signs in again and goes on.
        lost_writes: how often a session did not hold what had been written.
        seen: how often each sighting was made.
        within: how many requests began and ended in each stage.
        failure: what ended the thread before its time, or None.
    """

    def __init__(self, fleet: Fleet, number: int) -> None:
        super().__init__(name=f"jar {number}")
        self.client = Client(lambda: fleet.ports, turn=number)
        self.requests = 0
        self.log_outs = 0
        self.lost_writes = 0
        self.seen: Counter[Sighting] = Counter()
        self.within: Counter[Stage] = Counter()
        self.failure: BaseException | None = None
        self._fleet = fleet
        self._name = f"visitor {number}"
        self._stays = number % 2 == 0
        self._random = random.Random(number)
        self._expected: dict[str, Any] = {}
        self._leaving = threading.Event()

    def leave(self) -> None:
        """Look at the session once more and stop."""
        self._leaving.set()
        self.join()

    def run(self) -> None:
        """Sign in, and make one request after the other until told to leave."""
        try:
            self._sign_in()
            actions = [self._count, self._note, self._read, self._visit]
            while not self._leaving.wait(self._random.uniform(0, LONGEST_PAUSE)):
                self._random.choice(actions)()
            self._read()
        except BaseException as error:  # noqa: BLE001 - raised again by who waits for this thread.
            self.failure = error

    def _sign_in(self) -> None:
        self._expected = {
            "name": self._name,
            "count": 0,
            "entries": [],
            "keepsakes": repr(KEEPSAKES),
        }
        name = self._name.replace(" ", "+")
        stays = "&stays" if self._stays else ""
        self._judge(self._send("POST", f"/sign-in?name={name}{stays}"))

    def _count(self) -> None:
        self._expected["count"] += 1
        self._judge(self._send("POST", "/count"))

    def _note(self) -> None:
        entry = self._random.randrange(1_000_000)
        self._expected["entries"] = [*self._expected["entries"], entry][-KEPT_ENTRIES:]
        self._judge(self._send("POST", f"/journal?entry={entry}"))

    def _read(self) -> None:
        self._judge(self._send("GET", "/session"))

    def _visit(self) -> None:
        assert self._send("GET", "/untouched") == {}

    def _judge(self, state: dict[str, Any]) -> None:
        if state["name"] is None:
            self.log_outs += 1
            self._sign_in()
            return
        assert state["name"] == self._name, "somebody else's session"
        if state != self._expected:
            self.lost_writes += 1
            self._expected = state

    def _send(self, method: str, path: str) -> dict[str, Any]:
        stage = self._fleet.stage
        answer = self.client.send(method, path)
        self.requests += 1
        if stage is not None and stage is self._fleet.stage:
            used = bool(answer.state)
            self.seen[Sighting(stage, answer.step, used, answer.sent, answer.written)] += 1
            self.within[stage] += 1
        cookie = self.client.cookie
        assert cookie is None or cookie.discard is not self._stays, "a session of the other kind"
        return answer.state


def wait_for(jars: list[Jar], stage: Stage, *, requests: int, patience: float = 120) -> None:
    """Wait until every jar has made so many requests within a stage.

    Raises:
        AssertionError: that took longer than ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while min(jar.within[stage] for jar in jars) < requests:
        for jar in jars:
            if jar.failure is not None:
                raise jar.failure
        assert time.monotonic() < deadline, f"{stage} takes too long"
        time.sleep(0.01)
