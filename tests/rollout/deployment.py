"""A whole deployment under way: the fleet goes from step to step while visitors go on."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.rollout.fleet import Fleet, Stage
from tests.rollout.jar import Jar, Sighting, wait_for


class Outcome(NamedTuple):
    """What a deployment did to its visitors.

    Attributes:
        requests: how many were answered.
        retries: how many had to be sent again, because an instance was restarting.
        restarts: how many instances were restarted.
        log_outs: how many sessions were gone.
        lost_writes: how many sessions did not hold what had been written.
        stages: what was running, one after the other.
        seen: how often each sighting was made.
        log: what the servers said.
        seconds: how long all of it took.
    """

    requests: int
    retries: int
    restarts: int
    log_outs: int
    lost_writes: int
    stages: list[Stage]
    seen: Counter[Sighting]
    log: str
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.requests} requests, {self.restarts} restarts, {self.retries} requests sent "
            f"again, {self.log_outs} log-outs, {self.lost_writes} lost writes, "
            f"{self.seconds:.1f} s"
        )


def deploy(
    steps: Sequence[int], *, requests: int, folder: Path, instances: int = 3, visitors: int = 20
) -> Outcome:
    """Go through these steps, one instance after the other, under the requests of many visitors.

    Every visitor makes the same least number of requests after each restart, before the next one.

    Args:
        steps: the steps of tests/rollout/application.py, from the one to begin with.
        requests: how many there must be at least in all.
        folder: where the servers' output goes.
        instances: how many there are.
        visitors: how many there are, each with a cookie jar.
    """
    started = time.monotonic()
    stages: list[Stage] = []
    share = math.ceil(requests / visitors / (1 + instances * (len(steps) - 1)))
    with Fleet(steps[0], size=instances, folder=folder) as fleet:
        assert fleet.stage is not None
        stages.append(fleet.stage)
        jars = [Jar(fleet, number) for number in range(visitors)]
        for jar in jars:
            jar.start()
        try:
            wait_for(jars, fleet.stage, requests=share)
            for step in steps[1:]:
                for stage in fleet.roll_to(step):
                    stages.append(stage)
                    wait_for(jars, stage, requests=share)
        finally:
            for jar in jars:
                jar.leave()
    for jar in jars:
        if jar.failure is not None:
            raise jar.failure
    return Outcome(
        requests=sum(jar.requests for jar in jars),
        retries=sum(jar.client.retries for jar in jars),
        restarts=fleet.restarts,
        log_outs=sum(jar.log_outs for jar in jars),
        lost_writes=sum(jar.lost_writes for jar in jars),
        stages=stages,
        seen=sum((jar.seen for jar in jars), Counter()),
        log=fleet.log.read_text(encoding="utf-8"),
        seconds=time.monotonic() - started,
    )
