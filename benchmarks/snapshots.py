"""A signed snapshot of a revocation list: a question to it, loading one, and what it weighs."""

from __future__ import annotations

import hashlib
import itertools
import json
import mmap
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.checks import COUNTS, MANY, Check, checks, frozen, random_ids
from benchmarks.timing import rounds
from cookie_sessions import clock
from cookie_sessions.events import Events
from cookie_sessions.revocation.facts import Entries
from cookie_sessions.revocation.snapshot import SnapshotList, snapshot_list
from cookie_sessions.revocation.snapshot.publisher import SIGNED_FILE, publish
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key

LISTED, ABSENT = "listed", "absent"

_AUDIENCE: Final = "benchmarks"
_CHECK: Final = bytes(8)
_LASTS: Final = 3_600
_AT_ONCE: Final = 500
_SAMPLES: Final = 10_000
_LOAD_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What snapshots cost.

    Attributes:
        lookups: whether a session is listed, for each length.
        load: seconds to verify, copy, hash and map the longest, and to check its order, in each
            round.
        floor: the same for reading, writing, hashing and mapping the same octets alone.
        octets: how long both files of the longest are together.
    """

    lookups: list[Check]
    load: list[float]
    floor: list[float]
    octets: int


def measure(*, count: int) -> Snapshots:
    """Look-ups in snapshots of every length, and loading the longest.

    Args:
        count: number of rounds.
    """
    calls: dict[tuple[str, int], Callable[[], object]] = {}
    private, public = new_signing_key()
    key = SigningKey(json.loads(private))
    with tempfile.TemporaryDirectory() as parent:
        for number in COUNTS:
            folder = Path(parent, str(number))
            folder.mkdir()
            ids = random_ids(number)
            _publish(ids, folder, key)
            snapshot = _snapshot(folder, public)
            some = ids[:_SAMPLES]
            calls[LISTED, number] = _lookups(snapshot, some, listed=True)
            others = random_ids(_SAMPLES)
            calls[ABSENT, number] = _lookups(snapshot, others, listed=False)
        longest = Path(parent, str(MANY))
        with frozen():
            lookups = checks(calls, count=count, at_once=_AT_ONCE)
            loads = rounds(
                {
                    "load": lambda: _snapshot(longest, public).state(),
                    "floor": lambda: _least(longest),
                },
                count=count,
                seconds=_LOAD_SECONDS,
            )
        octets = sum(path.stat().st_size for path in longest.iterdir())
    return Snapshots(lookups, loads["load"], loads["floor"], octets)


def _publish(ids: Sequence[bytes], folder: Path, key: SigningKey) -> None:
    publish(
        Entries(ids, (), (), 0),
        folder,
        key=key,
        audience=_AUDIENCE,
        index_check=_CHECK,
        sequence=1,
        now=clock.now(),
        lasts=_LASTS,
        ttl=_LASTS,
    )


def _snapshot(folder: Path, keys: str) -> SnapshotList:
    return snapshot_list(
        f"file:{folder / SIGNED_FILE}",
        keys=keys,
        audience=_AUDIENCE,
        index_check=_CHECK,
        events=Events(),
    )


def _lookups(snapshot: SnapshotList, ids: Sequence[bytes], *, listed: bool) -> Callable[[], None]:
    """Look-ups in the table that was loaded, each call going on where the last one ended."""
    _, table = snapshot.state()
    if any(table.has_session(identity) is not listed for identity in ids):
        raise RuntimeError(
            "A snapshot does not list what was put into it, or lists something else, so its "
            "figures would mean nothing, and none are printed."
        )
    turn = itertools.cycle(ids)
    has_session = table.has_session

    def lookup() -> None:
        for identity in itertools.islice(turn, _AT_ONCE):
            has_session(identity)

    return lookup


def _least(folder: Path) -> str:
    """What no reader of the table can do without: copy it, map the copy, hash it."""
    (path,) = folder.glob("*.bin")
    with path.open("rb") as file, tempfile.TemporaryFile() as copy:
        while octets := file.read(65_536):
            copy.write(octets)
        copy.flush()
        with mmap.mmap(copy.fileno(), copy.tell(), access=mmap.ACCESS_READ) as mapped:
            return hashlib.sha256(mapped).hexdigest()
