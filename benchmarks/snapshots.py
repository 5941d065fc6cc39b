"""A signed snapshot of a revocation list: a question to it, loading one, and what it weighs."""

from __future__ import annotations

import hashlib
import itertools
import json
import mmap
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.checks import (
    COUNTS,
    ENDED,
    LIVES,
    MANY,
    SAMPLES,
    Check,
    asking,
    checks,
    claims_of,
    frozen,
    ids_with,
    random_ids,
    verify,
)
from benchmarks.timing import rounds
from cookie_sessions import clock
from cookie_sessions.claims import SID_OCTETS
from cookie_sessions.codec import Codec
from cookie_sessions.events import Events
from cookie_sessions.revocation.configured import revocations_of_snapshot
from cookie_sessions.revocation.facts import Entries
from cookie_sessions.revocation.identity import IndexKey, session_id
from cookie_sessions.revocation.revocations import Revocations
from cookie_sessions.revocation.snapshot import SnapshotList, snapshot_list
from cookie_sessions.revocation.snapshot.publisher import SIGNED_FILE, publish
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key

LISTED, ABSENT = "listed", "absent"

_AUDIENCE: Final = "benchmarks"
_INDEX_KEY: Final = "0123456789abcdef0123456789abcdef-benchmarks-only"
_LASTS: Final = 3_600
_AT_ONCE: Final = 500
_LOAD_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What snapshots cost.

    Attributes:
        lookups: whether a session has ended, for each length: the whole check of one that is
            ``ENDED`` or ``LIVES``, and the search alone for one that is ``LISTED`` or ``ABSENT``.
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
    living = [claims_of(os.urandom(SID_OCTETS)) for _ in range(SAMPLES)]
    with tempfile.TemporaryDirectory() as parent:
        for number in COUNTS:
            folder = Path(parent, str(number))
            folder.mkdir()
            sids = [os.urandom(SID_OCTETS) for _ in range(min(number, SAMPLES))]
            _publish(ids_with(sids, number), folder, key)
            ended = [claims_of(sid) for sid in itertools.islice(itertools.cycle(sids), SAMPLES)]
            revocations = _revocations(folder, public)
            verify(revocations, living=living, ended=ended)
            snapshot = _snapshot(folder, public)
            listed = [session_id(claims.sid) for claims in ended]
            calls |= {
                (LISTED, number): _searches(snapshot, listed, listed=True),
                (ABSENT, number): _searches(snapshot, random_ids(SAMPLES), listed=False),
                (ENDED, number): asking(revocations, ended, at_once=_AT_ONCE),
                (LIVES, number): asking(revocations, living, at_once=_AT_ONCE),
            }
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
        files = [longest / SIGNED_FILE, *longest.glob("*.bin")]
        octets = sum(path.stat().st_size for path in files)
    return Snapshots(lookups, loads["load"], loads["floor"], octets)


def _publish(ids: Sequence[bytes], folder: Path, key: SigningKey) -> None:
    publish(
        Entries(ids, (), (), 0),
        folder,
        key=key,
        audience=_AUDIENCE,
        index_check=IndexKey(_INDEX_KEY.encode()).check,
        sequence=1,
        now=clock.now(),
        lasts=_LASTS,
        ttl=_LASTS,
    )


def _revocations(folder: Path, keys: str) -> Revocations:
    """The list as an application is given it."""
    return revocations_of_snapshot(
        f"file:{folder / SIGNED_FILE}",
        keys=keys,
        audience=_AUDIENCE,
        index_key=_INDEX_KEY,
        codec=Codec(),
        events=Events(),
    )


def _snapshot(folder: Path, keys: str) -> SnapshotList:
    return snapshot_list(
        f"file:{folder / SIGNED_FILE}",
        keys=keys,
        audience=_AUDIENCE,
        index_check=IndexKey(_INDEX_KEY.encode()).check,
        events=Events(),
    )


def _searches(snapshot: SnapshotList, ids: Sequence[bytes], *, listed: bool) -> Callable[[], None]:
    """Searches in the table that was loaded, each call going on where the last one ended."""
    _, table = snapshot.state()
    if any(table.has_session(identity) is not listed for identity in ids):
        raise RuntimeError(
            "A snapshot does not list what was put into it, or lists something else, so its "
            "figures would mean nothing, and none are printed."
        )
    turn = itertools.cycle(ids)
    has_session = table.has_session

    def search() -> None:
        for identity in itertools.islice(turn, _AT_ONCE):
            has_session(identity)

    return search


def _least(folder: Path) -> str:
    """What no reader of the table can do without: copy it, map the copy, hash it."""
    (path,) = folder.glob("*.bin")
    with path.open("rb") as file, tempfile.TemporaryFile() as copy:
        while octets := file.read(65_536):
            copy.write(octets)
        copy.flush()
        with mmap.mmap(copy.fileno(), copy.tell(), access=mmap.ACCESS_READ) as mapped:
            return hashlib.sha256(mapped).hexdigest()
