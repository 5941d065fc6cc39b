"""What is wrong with a ring, or soon will be: a pure look at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cookie_sessions.cli.report import named, rotation_due
from cookie_sessions.cli.times import duration, moment_from
from cookie_sessions.clock import SKEW
from cookie_sessions.keys import KeySet

_REVOKING: Final = re.compile("revo[ck]", re.IGNORECASE)


def faults(keys: KeySet, now: float) -> Iterator[str]:
    """What keeps sessions from being sealed now, or at the next start.

    Args:
        keys: the ring.
        now: seconds since the epoch.
    """
    resolution = keys.resolve(now)
    if resolution.primary is None:
        yield (
            "No key may seal: all are revoked or open-only. Add one: "
            "cookie-sessions keys add --now."
        )
    # A process starts with a first key that a clock made which is a little ahead.
    elif resolution.overdue and not now < resolution.primary.begins <= now + SKEW:
        early = resolution.primary.begins > now
        remedy = (
            "If this machine's clock is behind, correct it; else add one" if early else "Add one"
        )
        yield (
            f"By its dates no key may seal. {named(resolution.primary)} goes on in processes that "
            f"run, and none will start. {remedy}: cookie-sessions keys add --now."
        )


def warnings(
    keys: KeySet, now: float, *, reload: int, soon: int, longest_session: int | None
) -> Iterator[str]:
    """What will go wrong unless somebody acts.

    Args:
        keys: the ring.
        now: seconds since the epoch.
        reload: after how many seconds the application reads its ring again.
        soon: how far ahead to look, in seconds.
        longest_session: what the application says of it, in seconds; None: it says nothing.
    """
    resolution = keys.resolve(now)
    yield from _seeming_revocations(keys)
    due = rotation_due(keys)
    if due is not None and now >= due + keys.propagation:
        yield (
            f"The rotation was due {moment_from(due, now)}. Run cookie-sessions keys rotate, and "
            f"see why nothing ran it."
        )
    horizon = now + soon
    if resolution.primary is not None and not resolution.overdue:
        later = keys.resolve(horizon)
        if later.overdue:
            last = max(end for end in resolution.ends.values() if end + SKEW <= horizon)
            yield (
                f"From {moment_from(last, now)} on no key may seal by its dates. Add one: "
                f"cookie-sessions keys add."
            )
    if keys.propagation < reload:
        yield (
            f"A new key seals after {duration(keys.propagation)}, and the application reads its "
            f"ring every {duration(reload)}: some instances would not know the key yet. Make it "
            f"several times as long: cookie-sessions keys set --propagation {12 * reload}s."
        )
    if keys.longest_session is None:
        yield (
            'The ring has no "longest_session", so keys never retire by themselves. Say it: '
            "cookie-sessions keys set --longest-session 31d."
        )
    elif longest_session is not None and keys.longest_session < longest_session:
        yield (
            f"The application's sessions live for {duration(longest_session)}, and the ring "
            f"retires keys after {duration(keys.longest_session)}: people would be logged out. "
            f"Run: cookie-sessions keys set --longest-session {longest_session}s."
        )


def _seeming_revocations(keys: KeySet) -> Iterator[str]:
    remedy = "If a key is to be revoked, run: cookie-sessions keys revoke"
    for entry in keys.entries:
        if not entry.revoked and _seems_to_revoke(entry.other):
            yield (
                f"{named(entry)} has a member that looks like a revocation and is none. {remedy} "
                f"{entry.kid.hex()}. Else remove the member."
            )
    if _seems_to_revoke(keys.other):
        yield (
            f"The set has a member that looks like a revocation and is none. {remedy} KEY. Else "
            f"remove the member."
        )


def _seems_to_revoke(members: Mapping[str, Any]) -> bool:
    """Whether one of the members that mean nothing speaks of revoking, in name or value."""
    return any(
        value and (_REVOKING.search(name) or (isinstance(value, str) and _REVOKING.search(value)))
        for name, value in members.items()
    )
