"""What operators do to a set of keys: each a pure function from one set to the next.

None of them writes a file or refuses for the sake of visitors: :func:`cost` says what a change
would cost them, and whoever asked decides.
"""

from __future__ import annotations

import dataclasses
import math
import os
from typing import Final

from cookie_sessions.crypto import KEY_OCTETS
from cookie_sessions.errors import UsageError
from cookie_sessions.keys.entry import KeyEntry, Mark
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.key_set import PROPAGATION_SECONDS, KeySet
from cookie_sessions.keys.lifecycle import State

FOR_EVER: Final = math.inf


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

    Args:
        keys: the set.
        now: seconds since the epoch.
        seals_from: another date from which it seals, in seconds since the epoch.
        label: the key's name for people.

    Raises:
        ConfigurationError: another key begins to seal at the same time.
        UsageError: the label is another key's.
    """
    begins = now + keys.propagation if seals_from is None else seals_from
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


def promote(keys: KeySet, kid: bytes, *, now: int) -> KeySet:
    """Have a key seal from now on.

    Args:
        keys: the set.
        kid: the key's id.
        now: seconds since the epoch.

    Raises:
        UsageError: there is no such key, or it is revoked.
    """
    entry = _living(keys, kid)
    begins = [one.begins for one in keys.entries if one.may_seal and one.kid != kid]
    # A key that began in this very second is taken over from in the next.
    first = max([now, *(int(begin) + 1 for begin in begins if now <= begin < now + 1)])
    return keys.with_entry(dataclasses.replace(entry, mark=None, seals_from=first))


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
    """How old a session may be, at most, that a change ends.

    Args:
        before: the set as it is.
        after: the set as it would be.
        now: seconds since the epoch.

    Returns:
        Seconds: sessions that were last written within them are lost. 0 where no session is;
        infinite where nobody knows how long the longest session lives.
    """
    old, new = before.resolve(now), after.resolve(now)
    costs = [0.0]
    for entry in before.entries:
        opened = old.states[entry.kid] in _OPENING
        if not opened or new.states.get(entry.kid) in _OPENING:
            continue
        if old.states[entry.kid] is State.PENDING:
            continue
        longest = FOR_EVER if before.longest_session is None else before.longest_session
        costs.append(min(longest, max(0.0, old.ends[entry.kid] - now)))
    return max(costs)


_OPENING: Final = frozenset({State.PENDING, State.PRIMARY, State.OPEN_ONLY})


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
