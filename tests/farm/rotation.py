"""The farm: keys are rotated under the requests of many visitors."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import NamedTuple

from cookie_sessions.keys import KeyEntry, KeySet, change, dump_jwk_set
from tests.farm.application import LIFETIME
from tests.farm.jar import Tally
from tests.farm.ring_file import RingFile
from tests.farm.visited import Visited

PROPAGATION = 2
"""Seconds that a new key waits before it seals: twice as long as a worker's keys may grow old."""

SEALS_SECONDS = 1
"""Seconds that a key has sealed when the next is added."""

_LOADED = re.compile(r"(\d+) keys_loaded generation=(\w{8})")


class Outcome(NamedTuple):
    """What the rotations did to the visitors.

    Attributes:
        tally: what the visitors counted.
        rotations: how many there were.
        newest: the id of the last primary, in hexadecimal.
        loaded: which workers have said that they run the last generation of the keys.
        refused: how many cookies the servers refused.
        log: what the servers said.
        seconds: how long all of it took.
    """

    tally: Tally
    rotations: int
    newest: str
    loaded: set[str]
    refused: int
    log: str
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether nobody lost anything and every jar ended under the newest key."""
        tally = self.tally
        ended_well = tally.kids[self.newest] == tally.kids.total()
        return ended_well and not (tally.lost or tally.failures or self.refused)

    def __str__(self) -> str:
        tally = self.tally
        return (
            f"{tally.requests} requests of {tally.kids.total()} jars to {len(tally.workers)} "
            f"workers, {self.rotations} rotations, {tally.lost} sessions lost, {tally.failures} "
            f"answers of 5xx, {self.refused} cookies refused, {tally.resealed} sealed under a "
            f"newer key, {tally.kids[self.newest]} jars sealed by the newest in the end, "
            f"{tally.retries} requests sent again, {self.seconds:.1f} s"
        )


def farm(folder: Path, *, requests: int, rotations: int, jars: int = 60) -> Outcome:
    """Rotate as the documentation says, by links being swapped at first and then by renaming.

    Args:
        folder: an empty folder for the ring and the servers' output.
        requests: how many there must be at least.
        rotations: how many.
        jars: how many visitors, each with a cookie jar.
    """
    mount = folder / "mount"
    mount.mkdir()
    keys = change.begin(
        now=int(time.time()),
        propagation=PROPAGATION,
        longest_session=LIFETIME,
        rotate_every=PROPAGATION + SEALS_SECONDS,
    )
    ring_file = RingFile(mount, dump_jwk_set(keys))
    started = time.monotonic()
    with Visited(folder, ring_file.path, jars=jars) as visited:
        visited.wait_for_more()
        for number in range(rotations):
            keys = _rotated(keys)
            swapped = number < rotations / 2
            (ring_file.swap if swapped else ring_file.rename)(dump_jwk_set(keys))
            _wait_for_primary(keys)
            visited.wait_for(requests * (number + 1) // rotations)
            visited.wait_for_more()
        tally = visited.leave()
    seconds = time.monotonic() - started
    return _outcome(visited.log, keys, tally, rotations=rotations, seconds=seconds)


def hasty_farm(folder: Path, *, rotations: int, jars: int = 12) -> Outcome:
    """Rotate as nobody should: a key seals at once, in the only process that has it.

    Each process read its keys when it began, and never again. With each rotation one worker is
    restarted, as a deployment or a crash does.

    Args:
        folder: an empty folder for the ring and the servers' output.
        rotations: how many.
        jars: how many visitors.
    """
    keys = change.begin(
        now=int(time.time()), propagation=0, longest_session=LIFETIME, rotate_every=SEALS_SECONDS
    )
    path = folder / "keys.json"
    path.touch(mode=0o600)
    path.write_text(dump_jwk_set(keys))
    started = time.monotonic()
    with Visited(folder, path, jars=jars, environment={"FARM_DEAF": "yes"}) as visited:
        for _ in range(rotations):
            keys = _rotated(keys)
            path.write_text(dump_jwk_set(keys))
            visited.restart_a_worker(keys.generation)
            visited.wait_for_changes_of_worker()
        tally = visited.leave()
    seconds = time.monotonic() - started
    return _outcome(visited.log, keys, tally, rotations=rotations, seconds=seconds)


def _rotated(keys: KeySet) -> KeySet:
    """The keys after the next rotation, as soon as it is due."""
    while (rotated := change.rotate(keys, now=int(time.time()))) is keys:
        time.sleep(0.02)
    return rotated


def _newest(keys: KeySet) -> KeyEntry:
    return max(keys.entries, key=lambda entry: entry.begins)


def _wait_for_primary(keys: KeySet) -> None:
    while time.time() < _newest(keys).begins:
        time.sleep(0.02)


def _outcome(log: str, keys: KeySet, tally: Tally, *, rotations: int, seconds: float) -> Outcome:
    return Outcome(
        tally=tally,
        rotations=rotations,
        newest=_newest(keys).kid.hex(),
        loaded={pid for pid, told in _LOADED.findall(log) if told == keys.generation},
        refused=len(re.findall(r"^\d+ rejected ", log, re.MULTILINE)),
        log=log,
        seconds=seconds,
    )
