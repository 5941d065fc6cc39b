"""What it costs to ask a revocation list about a session, from one entry to a million of them."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.timing import ratios, rounds
from cookie_sessions import clock
from cookie_sessions.claims import SID_OCTETS, Claims
from cookie_sessions.codec import Codec
from cookie_sessions.crypto import KID_OCTETS
from cookie_sessions.events import Events
from cookie_sessions.revocation.breaker import Breaker
from cookie_sessions.revocation.entries import Ended, session_name
from cookie_sessions.revocation.facts import ID_OCTETS
from cookie_sessions.revocation.identity import session_id, subject_octets
from cookie_sessions.revocation.recent import Recent
from cookie_sessions.revocation.revocations import Revocations
from cookie_sessions.revocation.store_list import StoreList
from cookie_sessions.stores import memory
from cookie_sessions.stores.memory import MemoryStore

COUNTS: Final = (1, 1_000, 1_000_000)
MANY: Final = COUNTS[-1]
ENDED, LIVES = "ended", "lives"

KID: Final = bytes(KID_OCTETS)
SESSION_SECONDS: Final = 86_400

_AT_ONCE: Final = 200
SAMPLES: Final = 10_000
"""Sessions asked about in turn: so many that what their look-ups touch leaves the fast caches."""

_SECONDS: Final = 0.004
_ROOM: Final = 1_000
_OCTETS: Final = 1_000
"""More than any entry of a session is counted with."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one question costs that a list is asked.

    Attributes:
        what: what is asked.
        entries: how many sessions are on the list.
        times: seconds for one question, round by round.
    """

    what: str
    entries: int
    times: Sequence[float]


def in_memory(*, count: int) -> list[Check]:
    """A session with a subject, checked in a store in memory; nothing is remembered beside it.

    Args:
        count: number of rounds.
    """
    calls: dict[tuple[str, int], Callable[[], object]] = {}
    for number in COUNTS:
        sids = [os.urandom(SID_OCTETS) for _ in range(min(number, SAMPLES))]
        revocations = _list_of(number, sids)
        living = [claims_of(os.urandom(SID_OCTETS)) for _ in range(SAMPLES)]
        # Objects of their own, so that a short list has no advantage but its length.
        ended = [claims_of(sid) for sid in itertools.islice(itertools.cycle(sids), SAMPLES)]
        calls[LIVES, number] = asking(revocations, living, at_once=_AT_ONCE)
        calls[ENDED, number] = asking(revocations, ended, at_once=_AT_ONCE)
        verify(revocations, living=living, ended=ended)
    with frozen():
        return checks(calls, count=count, at_once=_AT_ONCE)


def checks(
    calls: dict[tuple[str, int], Callable[[], object]], *, count: int, at_once: int
) -> list[Check]:
    """Time questions in turn.

    Args:
        calls: what asks them, by what is asked and how many sessions are on the list.
        count: number of rounds.
        at_once: how many questions one call asks.
    """
    named = {f"{what} {entries}": call for (what, entries), call in calls.items()}
    times = rounds(named, count=count, seconds=_SECONDS)
    return [
        Check(what, entries, [seconds / at_once for seconds in times[f"{what} {entries}"]])
        for what, entries in calls
    ]


def check(found: Sequence[Check], what: str, entries: int) -> Check:
    """The one of these that is about this."""
    return next(one for one in found if (one.what, one.entries) == (what, entries))


def many_against(found: Sequence[Check], what: str, entries: int) -> list[float]:
    """Round by round, how many times it costs with a million entries what it costs with fewer."""
    return ratios(check(found, what, MANY).times, check(found, what, entries).times)


def claims_of(sid: bytes) -> Claims:
    """A session that began just now and belongs to somebody."""
    now = clock.now()
    subject = subject_octets(str(int.from_bytes(sid[:4], "big")), packed=b"")
    claims = Claims.begin(now=now, until=int(now) + SESSION_SECONDS)
    return claims._replace(sid=sid, subject=subject)


def random_ids(number: int) -> list[bytes]:
    """So many names of sessions as lists have them; each is another."""
    # One call: a million would take longer than all that is timed.
    octets = os.urandom(number * ID_OCTETS)
    return [octets[start : start + ID_OCTETS] for start in range(0, len(octets), ID_OCTETS)]


def ids_with(sids: Sequence[bytes], number: int) -> list[bytes]:
    """The names of so many sessions as lists have them, those of ``sids`` among them."""
    return [*map(session_id, sids), *random_ids(number - len(sids))]


def entries_of(ids: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Names and values under which a store keeps that these sessions have ended."""
    now = int(clock.now() * 1000)
    for place, identity in enumerate(ids):
        yield session_name(identity), Ended(now - place).to_octets()


def asking(
    revocations: Revocations, sessions: Sequence[Claims], *, at_once: int
) -> Callable[[], None]:
    """Checks of sessions, each call going on where the last one ended.

    Args:
        revocations: the list that is asked.
        sessions: those that it is asked about, in turn.
        at_once: how many questions one call asks.
    """
    turn = itertools.cycle(sessions)

    def check() -> None:
        for claims in itertools.islice(turn, at_once):
            revocations.check(claims, kid=KID)

    return check


def verify(revocations: Revocations, *, living: Iterable[Claims], ended: Iterable[Claims]) -> None:
    """Check that a list tells sessions that live from those that have ended.

    Raises:
        RuntimeError: it does not.
    """
    wrong = [claims for claims in living if revocations.is_revoked(claims, kid=KID)]
    wrong += [claims for claims in ended if not revocations.is_revoked(claims, kid=KID)]
    if wrong:
        raise RuntimeError(
            f"The list of ended sessions is wrong about {len(wrong)} of them, so its figures would "
            f"mean nothing, and none are printed."
        )


@contextmanager
def frozen() -> Iterator[None]:
    """What exists already is no work for the collector inside, however much it is."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _list_of(number: int, sids: Sequence[bytes]) -> Revocations:
    """A list of so many ended sessions in memory, those of ``sids`` among them."""
    store = MemoryStore(max_entries=number + _ROOM, max_total_octets=(number + _ROOM) * _OCTETS)
    end = int(clock.now()) + SESSION_SECONDS
    # Past put_many, by which a million takes longer than all that is timed here.
    store._entries |= {
        name: memory._Entry(value, end) for name, value in entries_of(ids_with(sids, number))
    }
    events = Events()
    written = StoreList(
        store,
        breaker=Breaker(f"The revocation store {store.name}", events),
        recent=Recent(seconds=0),
        longest=lambda: SESSION_SECONDS,
    )
    return Revocations(written, written=written, index=None, codec=Codec(), events=events)
