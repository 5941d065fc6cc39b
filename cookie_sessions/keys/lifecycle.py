"""Which key seals and which may open at a moment: pure functions of the dates in a ring file.

A key is pending, then primary, then open-only, then retired, each by date alone:

- It opens from the moment in which a process knows it, so that what another instance seals with it
  a little early opens here.
- It seals from ``seals_from`` until the next one does.
- It opens until the longest session that it can have sealed has ended, counted from when it seals
  for the last time: from the next key's beginning, or from that of a later one where the next has
  an end of its own and hands back. An entry may have a date of its own instead.

Every end has the one allowance for clocks (:data:`cookie_sessions.clock.SKEW`). Revoking is no
matter of dates: a revoked key is out of everything at once.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cookie_sessions.clock import SKEW
from cookie_sessions.keys.entry import KeyEntry


class State(enum.StrEnum):
    """What a key is at a moment."""

    PENDING = "pending"
    PRIMARY = "primary"
    OPEN_ONLY = "open-only"
    RETIRED = "retired"
    REVOKED = "revoked"


class Resolution(NamedTuple):
    """The states of all keys at one moment.

    Attributes:
        states: the state of each, by key id.
        primary: the key that seals, or None where every key is revoked or open-only.
        ends: until when each key that is not revoked opens, in seconds since the epoch; infinite
            where nothing ends it.
        next_change: when one of the states changes by date, in seconds since the epoch.
        overdue: whether the dates alone would have left no key that seals.
    """

    states: Mapping[bytes, State]
    primary: KeyEntry | None
    ends: Mapping[bytes, float]
    next_change: float
    overdue: bool


def resolve(
    now: float, entries: Sequence[KeyEntry], *, longest_session: int | None = None
) -> Resolution:
    """Say what each key is at a moment.

    A date alone never takes the last key away: where no key may seal by its dates, the one whose
    end was last (or whose beginning is next) goes on, and ``overdue`` says so. A revoked key never
    goes on.

    Args:
        now: the moment, in seconds since the epoch.
        entries: the keys, in any order.
        longest_session: how long the longest session lives after it was last written, in seconds;
            None: keys are open-only until a date of their own.

    Returns:
        Their states.
    """
    living = [entry for entry in entries if not entry.revoked]
    sealing = sorted((entry for entry in living if entry.may_seal), key=_rank)
    ends = _ends(living, sealing, longest_session)
    eligible = [entry for entry in sealing if entry.begins <= now < ends[entry.kid] + SKEW]
    overdue = not eligible and bool(sealing)
    primary = eligible[-1] if eligible else None
    if overdue:
        primary = _last_resort(now, sealing, ends)
    states: dict[bytes, State] = {}
    for entry in entries:
        if entry.revoked:
            states[entry.kid] = State.REVOKED
        elif entry is primary:
            states[entry.kid] = State.PRIMARY
        elif now >= ends[entry.kid] + SKEW:
            states[entry.kid] = State.RETIRED
        elif entry.may_seal and entry.begins > now:
            states[entry.kid] = State.PENDING
        else:
            states[entry.kid] = State.OPEN_ONLY
    edges = [entry.begins for entry in sealing] + [end + SKEW for end in ends.values()]
    next_change = min((edge for edge in edges if edge > now), default=math.inf)
    return Resolution(states, primary, ends, next_change, overdue)


def _ends(
    living: Sequence[KeyEntry], sealing: Sequence[KeyEntry], longest_session: int | None
) -> dict[bytes, float]:
    ends = {one.kid: math.inf if one.opens_until is None else one.opens_until for one in living}
    # From this moment on the later keys seal without a gap; an end of one's own can leave a gap,
    # and then the key before seals again.
    covered_from = math.inf
    for entry in reversed(sealing):
        if entry.opens_until is None:
            if longest_session is not None:
                ends[entry.kid] = covered_from + longest_session
            covered_from = entry.begins
        elif entry.opens_until + SKEW >= covered_from:
            covered_from = entry.begins
    return ends


def _last_resort(now: float, sealing: Sequence[KeyEntry], ends: Mapping[bytes, float]) -> KeyEntry:
    begun = [entry for entry in sealing if entry.begins <= now]
    if begun:
        return max(begun, key=lambda entry: (ends[entry.kid], *_rank(entry)))
    return sealing[0]


def _rank(entry: KeyEntry) -> tuple[float, bytes]:
    # Two keys that begin at once are refused when a ring is read; the id decides all the same, so
    # that every instance would decide alike.
    return entry.begins, entry.kid
