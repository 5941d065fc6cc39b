"""Random interleavings of concurrent requests, one after the other over the same jar."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

import pytest

from cookie_sessions import clock
from tests.jar.browser import Jar, Response
from tests.jar.server import Server, Visit

MOST_AT_ONCE: Final = 6
INTERLEAVINGS_A_JAR: Final = 40
PROFILES: Final = ("no-proxy", "uvicorn", "waitress")
"""Deployments that limit no response: two cookies, four, and as many as there may be."""

_START: Final = 1_750_000_000.0


def simulate(interleavings: int, *, seed: int) -> Counter[str]:
    """Run interleavings, always the same for a seed.

    Args:
        interleavings: how many.
        seed: of all that is random but keys and nonces.

    Returns:
        How often what happened.

    Raises:
        AssertionError: a session was wrong, mixed, over budget, or lost without an excuse; the
            message names the seed with which that happens again.
    """
    counts: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        for first in range(0, interleavings, INTERLEAVINGS_A_JAR):
            visitor = Visitor(Random(f"{seed} {first}"), patch)
            for number in range(first, min(first + INTERLEAVINGS_A_JAR, interleavings)):
                try:
                    visitor.interleave()
                except AssertionError as error:
                    error.add_note(f"seed {seed}, interleaving {number}")
                    raise
            counts += visitor.counts
    counts["interleavings"] = interleavings
    return counts


class Visitor:
    """One browser and the application that it visits.

    Args:
        random: decides everything.
        patch: stops the clock.
    """

    def __init__(self, random: Random, patch: pytest.MonkeyPatch) -> None:
        self.counts: Counter[str] = Counter()
        self._random = random
        self._now = _START
        self._jar = Jar(random)
        self._server = Server(random.choice(PROFILES), stores=random.random() < 0.5)
        patch.setattr(clock, "now", lambda: self._now)

    def interleave(self) -> None:
        """Up to six requests at once, and a last one when all has arrived."""
        random = self._random
        waiting = random.randint(1, MOST_AT_ONCE)
        unread: list[Visit] = []
        unanswered: list[Visit] = []
        arriving: list[Response] = []
        # Now and then whatever is on its way arrives line by line, in any order.
        tangled = random.random() < 0.3
        while waiting or unread or unanswered or arriving:
            ways = [waiting, len(unread), len(unanswered), len(arriving)]
            way = random.choices(range(4), ways)[0]
            if way == 0:
                waiting -= 1
                unread.append(self._begin())
            elif way == 1:
                unanswered.append(self._read(unread))
            elif way == 2:
                arriving += self._answer(unanswered)
            else:
                self._deliver(arriving, tangled=tangled)
            self._happen()
        self._read([self._begin()])

    def _begin(self) -> Visit:
        sent = self._jar.send()
        octets = self._jar.octets
        assert octets <= self._server.profile.cookie_line, "our own cookies are over the budget"
        self.counts["requests"] += 1
        if sent.session is not None:
            self.counts[f"sessions in {len(sent.session.values)} cookies"] += 1
        else:
            self.counts[f"no session: {sent.excused}"] += 1
        return Visit(self._server, sent, self._random)

    def _read(self, visits: list[Visit]) -> Visit:
        visit = self._take(visits)
        visit.read()
        self.counts["values lost with an excuse"] += visit.lost
        return visit

    def _answer(self, visits: list[Visit]) -> list[Response]:
        visit = self._take(visits)
        response = visit.answer()
        self.counts["sessions refused as too large"] += visit.refused
        if response is None:
            return []
        self.counts["responses with cookies"] += 1
        if self._random.random() < 0.08:
            self.counts["responses dropped"] += 1
            return []
        return [response]

    def _deliver(self, arriving: list[Response], *, tangled: bool) -> None:
        response = self._random.choice(arriving)
        for _ in range(1 if tangled else len(response.lines)):
            if len(response.lines) > 1 and self._random.random() < 0.02:
                self.counts["responses cut"] += 1
                arriving.remove(response)
                return
            self._jar.receive(response)
            if response.whole:
                arriving.remove(response)
                return

    def _happen(self) -> None:
        random = self._random
        self._server.step += 1
        chance = random.random()
        if chance < 0.01:
            self._jar.evict()
            self.counts["cookies evicted"] += 1
        elif chance < 0.05:
            self._jar.visit_another()
        elif chance < 0.3:
            self._now += random.choice((1, 5, 20, 100))

    def _take(self, visits: list[Visit]) -> Visit:
        return visits.pop(self._random.randrange(len(visits)))
