"""Redis hangs, dies and comes back under 20 visitors: python -m tests.thefts.outage

Both policies of COOKIE_SESSIONS_REVOCATIONS_DOWN in turn. It prints what the visitors saw, and ends
with 1 if that was not what docs/revocation.md says.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from cookie_sessions.revocation.breaker import REST_SECONDS
from tests.stores.redis_server import HOST, RedisServer
from tests.thefts.browser import Answer, Browser
from tests.thefts.site import LEEWAY, STALENESS, Site, sign_in, until
from tests.thefts.visitor import Seen, Visitor

POLICIES = ("refuse", "accept")
VISITORS = 20
WORKERS = 2
THREADS = 16

TIMEOUT = 0.25
"""Seconds that a request waits for the list at most: the default."""

SLACK = 0.5
"""Seconds that a machine with other things to do may add to an answer, if the time-out is short."""

SLOW = 0.8
"""The part of the time-out: an answer that took longer has waited for the store."""


class Outage(NamedTuple):
    """One outage.

    Attributes:
        kind: "hangs" or "dies".
        began: before it, by the monotonic clock.
        ended: when the server answered again.
        timeout: how long a request waits for the list at most, in seconds.
    """

    kind: str
    began: float
    ended: float
    timeout: float

    @property
    def known(self) -> float:
        """When no worker goes by what it read before any more."""
        return self.began + STALENESS + LEEWAY

    def most_slow(self) -> int:
        """How many requests may have waited: those under way, and the tries at the ends of rests.

        Two threads of a worker that end a rest at the same moment both try.
        """
        tries = 0
        rested = self.began + self.timeout
        for rest in (*REST_SECONDS, *[REST_SECONDS[-1]] * int(self.ended - self.began)):
            rested += rest
            tries += rested < self.ended
        return VISITORS + 2 * WORKERS * tries


@dataclass
class Outcome:
    """What the visitors saw.

    Attributes:
        policy: "refuse" or "accept".
        timeout: how long a request waits for the list at most, in seconds.
        outages: in order.
        seen: all answers.
        wrong: what should not have been.
        log: what the workers said.
    """

    policy: str
    timeout: float = TIMEOUT
    outages: list[Outage] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    log: str = ""

    def during(self, outage: Outage, *, after: float = 0) -> list[Seen]:
        """Answers to what was sent while everybody knew of an outage.

        Args:
            outage: which.
            after: seconds that those who were under way took.
        """
        first = outage.known + after
        return [seen for seen in self.seen if first <= seen.answer.sent and _before(seen, outage)]

    def statuses(self, outage: Outage) -> Counter[int]:
        """How those were answered."""
        return Counter(seen.answer.status for seen in self.during(outage))

    def slow(self, outage: Outage) -> int:
        """How many requests waited for the store in an outage."""
        slow, last = SLOW * self.timeout, outage.ended
        return sum(
            seen.answer.seconds > slow and outage.began - slow <= seen.answer.sent < last
            for seen in self.seen
        )

    @property
    def slack(self) -> float:
        """What an answer may take beyond the time-out, in seconds: less than a second time-out."""
        return max(SLACK, 0.9 * self.timeout)

    @property
    def longest(self) -> float:
        """How long the longest request took, in seconds."""
        return max(seen.answer.seconds for seen in self.seen)

    def ninth_decile(self, outage: Outage) -> float:
        """What nine of ten requests took at most once the first had failed, in seconds."""
        took = [seen.answer.seconds for seen in self.during(outage, after=self.timeout)]
        return quantiles(took, n=10)[-1]

    def recovery(self, outage: Outage) -> float:
        """Seconds from an outage's end to the last answer that was still refused."""
        following = [each.began for each in self.outages if each.began > outage.ended]
        last = min(following, default=float("inf"))
        late = [
            seen.answer.came - outage.ended
            for seen in self.seen
            if seen.refused and outage.ended < seen.answer.came < last
        ]
        return max(late, default=0.0)

    def moved(self, outage: Outage) -> set[str]:
        """Whose sealed end moved while nobody could be asked."""
        ends: dict[str, set[int]] = {}
        for seen in self.during(outage):
            if seen.until is not None:
                ends.setdefault(seen.visitor, set()).add(seen.until)
        return {name for name, different in ends.items() if len(different) > 1}

    def moved_at_all(self) -> set[str]:
        """Whose sealed end moved at any time."""
        ends = {(seen.visitor, seen.until) for seen in self.seen if seen.until is not None}
        return {name for name, times in Counter(name for name, _ in ends).items() if times > 1}

    def faults(self) -> Iterator[str]:
        """What is not as it is to be, in words."""
        yield from self.wrong
        expected = 503 if self.policy == "refuse" else 200
        for outage in self.outages:
            kind = outage.kind
            statuses = self.statuses(outage)
            if set(statuses) != {expected}:
                yield f"{kind}: answered {dict(statuses)}"
            if self.slow(outage) > outage.most_slow():
                yield f"{kind}: {self.slow(outage)} requests waited, not {outage.most_slow()}"
            if self.ninth_decile(outage) > self.timeout / 2:
                yield f"{kind}: nine of ten took up to {self.ninth_decile(outage):.3f} s"
            if self.recovery(outage) > REST_SECONDS[-1] + self.timeout + self.slack:
                yield f"{kind}: back after {self.recovery(outage):.1f} s"
            if self.moved(outage):
                yield f"{kind}: {len(self.moved(outage))} ends moved"
        if self.longest > self.timeout + self.slack:
            yield f"a request took {self.longest:.2f} s"
        if len(self.moved_at_all()) < VISITORS:
            yield "the ends never moved, so nothing was tried"
        for event in ("revocations_down", "revocations_back"):
            if event not in self.log:
                yield f"no event {event}"
        if (" unchecked" in self.log) != (self.policy == "accept"):
            yield "the event unchecked does not tell of the policy"

    def __str__(self) -> str:
        told = [
            f"{self.policy}: {len(self.seen)} requests, the longest {self.longest * 1000:.0f} ms"
        ]
        told += [
            f"{each.kind} for {each.ended - each.began:.1f} s: {dict(self.statuses(each))}, "
            f"{self.slow(each)} waited, nine of ten within {self.ninth_decile(each) * 1000:.0f} ms,"
            f" back after {self.recovery(each):.1f} s"
            for each in self.outages
        ]
        return "; ".join(told)


def _before(seen: Seen, outage: Outage) -> bool:
    """Whether a request was answered while the outage lasted."""
    return seen.answer.came < outage.ended


class Witnesses:
    """Sessions of which each is used once in an outage, and looked at when it is over.

    Args:
        site: where they are.
        policy: "refuse" or "accept".
        wrong: where to write what should not have been.
    """

    def __init__(self, site: Site, policy: str, wrong: list[str]) -> None:
        self._site = site
        self._accepts = policy == "accept"
        self._wrong = wrong
        self._name = site.new_user()
        owner = site.signed_in(self._name)
        self._stolen = owner.copied()
        owner.post("/sign-out/by-the-door")
        # What is left is a session of nobody's.
        assert "session" in owner.cookies
        self._back = owner
        self._fresh = Browser(site.port)

    def act(self) -> None:
        """Everybody knows of the outage: sign in, and use what was stolen and ended before."""
        stolen = self._stolen.get("/page")
        if self._accepts:
            self._expect(stolen.status == 200 and stolen.user == self._name, "the copy was refused")
        else:
            self._refused(stolen)
        for browser in (self._back, self._fresh):
            before = dict(browser.cookies)
            answer = browser.post(f"/sign-in?name={self._name}")
            if self._accepts:
                self._expect(answer.status == 200, "nobody could sign in")
            else:
                self._refused(answer)
                self._expect(browser.cookies == before, "a cookie was changed")

    def look(self) -> None:
        """All is as before: whoever signed in is, and the copy is refused."""
        self._expect(self._stolen.get("/page").user is None, "the copy lives again")
        for browser, which in ((self._back, "with a session"), (self._fresh, "without one")):
            if self._accepts:
                user = browser.get("/page").user
                self._expect(user == self._name, f"who signed in {which} no longer is")
            sign_in(browser, self._name)
            self._expect(browser.get("/page").user == self._name, "nobody can sign in")

    def _refused(self, answer: Answer) -> None:
        proper = answer.status == 503 and answer.retry_after is not None and not answer.sets
        self._expect(proper, f"{answer.status} instead of a 503")

    def _expect(self, true: bool, otherwise: str) -> None:
        if not true:
            self._wrong.append(f"witnesses: {otherwise}")


def suffer(folder: Path, policy: str, *, seconds: float, timeout: float = TIMEOUT) -> Outcome:
    """Have Redis hang, recover, die and come back while visitors go on.

    Args:
        folder: for files.
        policy: "refuse" or "accept".
        seconds: how long each outage lasts.
        timeout: how long a request waits for the list at most, in seconds.
    """
    redis = RedisServer(folder / "redis", "appendonly yes", "appendfsync always")
    outcome = Outcome(policy, timeout)
    redis.start()
    try:
        site = Site(
            folder,
            store=f"redis://{HOST}:{redis.port}/0",
            door="login",
            options=(f"--workers={WORKERS}", f"--threads={THREADS}", "--keep-alive=60"),
            settings={
                "COOKIE_SESSIONS_REVOCATIONS_DOWN": policy,
                "COOKIE_SESSIONS_REVOCATIONS_TIMEOUT": timeout,
            },
        )
        try:
            site.start()
            _roamed(site, redis, outcome, seconds)
        finally:
            site.stop()
    finally:
        redis.resume()
        redis.stop()
    outcome.log = site.log
    return outcome


def _roamed(site: Site, redis: RedisServer, outcome: Outcome, seconds: float) -> None:
    visitors = [Visitor(site.port, site.new_user()) for _ in range(VISITORS)]
    passer = site.signed_in(site.new_user())
    leaving = threading.Event()
    threads = [threading.Thread(target=each.roam, args=(leaving,)) for each in visitors]
    for thread in threads:
        thread.start()
    try:
        for kind, fail, heal in (
            ("hangs", redis.pause, redis.resume),
            ("dies", redis.stop, redis.start),
        ):
            witnesses = Witnesses(site, outcome.policy, outcome.wrong)
            began = time.monotonic()
            fail()
            outage = Outage(kind, began, began + seconds, outcome.timeout)
            _wait_until(outage.known + outcome.timeout)
            witnesses.act()
            _wait_until(outage.ended)
            heal()
            outcome.outages.append(outage._replace(ended=time.monotonic()))
            until(lambda: _all_is_well(site, passer))
            witnesses.look()
        # Ends are whole seconds: each visitor writes in another one, and looks.
        time.sleep(1.1)
        until(lambda: all(visitor.has_moved for visitor in visitors))
    finally:
        leaving.set()
        for thread in threads:
            thread.join()
    for visitor in visitors:
        outcome.seen += visitor.seen
        outcome.wrong += visitor.wrong
        if visitor.seen[-1].refused:
            outcome.wrong.append("a visitor was refused after all")


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _all_is_well(site: Site, passer: Browser) -> bool:
    """Whether each worker that told of an outage has told of its end.

    Visitors keep their connections, so a worker may have none of them: somebody drops in.
    """
    passer.get("/page")
    last: dict[str, str] = {}
    for line in site.log.splitlines():
        worker, _, event = line.partition(" ")
        if event in ("revocations_down", "revocations_back"):
            last[worker] = event
    return "revocations_down" not in last.values()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.thefts.outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="how long each outage lasts")
    seconds = parser.parse_args().seconds
    faults: list[str] = []
    for policy in POLICIES:
        with tempfile.TemporaryDirectory() as folder:
            outcome = suffer(Path(folder), policy, seconds=seconds)
        found = [f"{policy}: {fault}" for fault in outcome.faults()]
        sys.stdout.write("\n".join([str(outcome), *found]) + "\n")
        sys.stdout.flush()
        faults += found
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
