"""What operators do to a set of keys: each a pure function from one set to the next.

None of them writes a file or refuses for the sake of visitors: :func:`cost` says what a change
would cost them, and whoever asked decides.
"""

from __future__ import annotations

import dataclasses
import math
import os

from cookie_sessions.clock import SKEW
from cookie_sessions.crypto import KEY_OCTETS
from cookie_sessions.errors import UsageError
from cookie_sessions.keys.entry import KeyEntry, Mark
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.key_set import PROPAGATION_SECONDS, KeySet
from cookie_sessions.keys.lifecycle import State


def begin(
    *,
    now: int,
    propagation: int = PROPAGATION_SECONDS,
    longest_session: int | None = None,
    rotate_every: int | None = None,
    label: str = "",
) -> KeySet:
    """A new set with one fresh key that seals at once, because nobody uses another yet.

    Args:
        now: seconds since the epoch.
        propagation: how long later keys wait before they seal, in seconds.
        longest_session: how long the longest session lives, in seconds.
        rotate_every: how long a key seals before the next is due, in seconds.
        label: the key's name for people.
    """
    return KeySet(
        entries=(_fresh(now=now, seals_from=now, label=label),),
        propagation=propagation,
        longest_session=longest_session,
        rotate_every=rotate_every,
    )


def add(keys: KeySet, *, now: int, seals_from: int | None = None, label: str = "") -> KeySet:
    """Add a fresh key that seals after the propagation window.

    Where another key begins to seal in that very second, it seals from the next free one.

    Args:
        keys: the set.
        now: seconds since the epoch.
        seals_from: another date from which it seals, in seconds since the epoch.
        label: the key's name for people.

    Raises:
        UsageError: the label is another key's.
    """
    begins = now + keys.propagation if seals_from is None else seals_from
    begun = {entry.begins for entry in keys.entries if entry.may_seal}
    while begins in begun:
        begins += 1
    taken = {entry.kid for entry in keys.entries}
    fresh = _fresh(now=now, seals_from=begins, label=label)
    while fresh.kid in taken:
        fresh = _fresh(now=now, seals_from=begins, label=label)
    if any(entry.label == fresh.label for entry in keys.entries):
        raise UsageError(f"There is a key with the label {fresh.label!r}. Choose another label.")
    return keys.with_entry(fresh)


def rotate(keys: KeySet, *, now: int) -> KeySet:
    """Do what is due, and nothing where nothing is: the whole of a scheduled rotation.

    A new key is added when the latest has sealed for ``rotate_every`` seconds, counted so that the
    new one begins as that time ends; keys that are retired are destroyed.

    Args:
        keys: the set.
        now: seconds since the epoch.

    Returns:
        The same object where nothing is due.
    """
    for kid, state in keys.resolve(now).states.items():
        if state is State.RETIRED:
            keys = destroy(keys, kid)
    latest = max((entry.begins for entry in keys.entries if entry.may_seal), default=-math.inf)
    if keys.rotate_every is not None and now + keys.propagation >= latest + keys.rotate_every:
        keys = add(keys, now=now)
    return keys


def promote(keys: KeySet, kid: bytes, *, now: int, seals_from: int | None = None) -> KeySet:
    """Have a key seal from now on, or from another date.

    Args:
        keys: the set.
        kid: the key's id.
        now: seconds since the epoch.
        seals_from: another date from which it seals, in seconds since the epoch.

    Raises:
        UsageError: there is no such key, or it is revoked.
    """
    entry = _living(keys, kid)
    begun = {one.begins for one in keys.entries if one.may_seal and one.kid != kid}
    # A key that begins in that very second is taken over from in the next.
    first = now if seals_from is None else seals_from
    while first in begun:
        first += 1
    # An end that has passed by then would keep it from sealing.
    passed = entry.opens_until is not None and entry.opens_until <= first
    opens_until = None if passed else entry.opens_until
    return keys.with_entry(
        dataclasses.replace(entry, mark=None, seals_from=first, opens_until=opens_until)
    )


def retire(keys: KeySet, kid: bytes, *, now: int) -> KeySet:
    """Have a key open nothing from now on, beyond the allowance for clocks.

    Args:
        keys: the set.
        kid: the key's id.
        now: seconds since the epoch.

    Raises:
        UsageError: there is no such key, or it is revoked.
    """
    return keys.with_entry(dataclasses.replace(_living(keys, kid), opens_until=now))


def revoke(keys: KeySet, kid: bytes) -> KeySet:
    """Have a key seal and open nothing, nor anything that it ever sealed.

    Raises:
        UsageError: there is no such key.
    """
    return keys.with_entry(dataclasses.replace(_present(keys, kid), mark=Mark.REVOKED))


def revoke_absent(keys: KeySet, kid: bytes) -> KeySet:
    """Revoke a key that the set does not have: one that was destroyed, or that a backup lacks.

    Args:
        keys: the set.
        kid: the key's id.

    Returns:
        The same object where the id is revoked already.

    Raises:
        UsageError: the set has the key.
    """
    entry = keys.get(kid)
    if entry is None:
        return keys.with_entry(KeyEntry(kid=kid, label=kid.hex(), mark=Mark.REVOKED))
    if entry.revoked:
        return keys
    raise UsageError(
        f"The ring has the key {kid.hex()}, so it is not absent: revoke it like any other. Nothing "
        f"was revoked."
    )


def destroy(keys: KeySet, kid: bytes) -> KeySet:
    """Take a key's material out of the set; a revoked key's id stays, so that it stays revoked.

    Raises:
        UsageError: there is no such key.
    """
    entry = _present(keys, kid)
    if entry.revoked:
        return keys.with_entry(dataclasses.replace(entry, key=None))
    return keys.without(kid)


def cost(before: KeySet, after: KeySet, *, now: int) -> float:
    """How much of the time that visitors were seen in a change takes back.

    A session counts where the set as it is would open it until its own end, and the set as it would
    be does not. What keys would begin to open counts for nothing.

    Args:
        before: the set as it is.
        after: the set as it would be.
        now: seconds since the epoch.

    Returns:
        Seconds: the sessions that were last written in so much time are lost. 0 where none is;
        never too few; infinite where nobody knows how long the longest session lives.
    """
    resolution = before.resolve(now)
    primary = resolution.primary
    longest = math.inf if before.longest_session is None else before.longest_session
    closed_before, closed_after = _closings(before, now), _closings(after, now)
    lost = 0.0
    for entry in before.entries:
        if resolution.states[entry.kid] not in (State.PRIMARY, State.OPEN_ONLY):
            continue
        known = after.get(entry.kid) is not None
        closes = closed_after.get(entry.kid, math.inf) if known else now
        if closes >= closed_before.get(entry.kid, math.inf):
            continue
        last: float = now
        if entry.may_seal and entry.opens_until is None and before.longest_session is not None:
            last = min(now, resolution.ends[entry.kid] - longest)
        elif entry.may_seal and primary is not None and primary is not entry:
            last = min(now, primary.begins)
        # No clock that counts was further behind when the key was made.
        made = -math.inf if entry.created is None else entry.created - SKEW
        lost += max(0.0, last - max(closes - longest, made))
    return min(lost, longest)


def _closings(keys: KeySet, now: float) -> dict[bytes, float]:
    """From when on each key opens nothing, for those of which the dates say so."""
    closings: dict[bytes, float] = {}
    moment = now
    while moment < math.inf:
        resolution = keys.resolve(moment)
        for kid, state in resolution.states.items():
            if state in (State.RETIRED, State.REVOKED):
                closings.setdefault(kid, moment)
        moment = resolution.next_change
    return closings


def _fresh(*, now: int, seals_from: int, label: str) -> KeyEntry:
    key = Key(os.urandom(KEY_OCTETS), label=label)
    return KeyEntry(
        kid=key.kid, key=key, label=label or key.kid.hex(), created=now, seals_from=seals_from
    )


def _present(keys: KeySet, kid: bytes) -> KeyEntry:
    entry = keys.get(kid)
    if entry is None:
        raise UsageError(
            f"There is no key {kid.hex()}. Known are "
            f"{', '.join(one.kid.hex() for one in keys.entries)}."
        )
    return entry


def _living(keys: KeySet, kid: bytes) -> KeyEntry:
    entry = _present(keys, kid)
    if entry.revoked:
        raise UsageError(
            f"The key {entry.label!r} is revoked, and a revoked key never comes back: whoever has "
            f"it could seal sessions. Add a new key."
        )
    return entry
