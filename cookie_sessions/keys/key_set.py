"""A ring file's content: every key with its dates, and how keys are to be rotated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from cookie_sessions.crypto import digest
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.entry import KeyEntry, Mark
from cookie_sessions.keys.key import refuse_copy
from cookie_sessions.keys.lifecycle import Resolution, State, resolve
from cookie_sessions.keys.ring import KeyRing

PROPAGATION_SECONDS: Final = 3600
"""How long a new key waits by default before it seals, so that every instance knows it by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """All keys of a deployment, in the order of the file, which decides nothing.

    Attributes:
        entries: the keys, each id once.
        propagation: how long a new key waits before it seals, in seconds.
        longest_session: how long the longest session lives after it was last written, in seconds;
            None: keys open until a date of their own.
        rotate_every: how long a key seals before the next is due, in seconds; None: by hand.
        other: further members of the file, kept as they came.

    Raises:
        ConfigurationError: two keys have one id or begin to seal at the same time.
    """

    entries: tuple[KeyEntry, ...]
    propagation: int = PROPAGATION_SECONDS
    longest_session: int | None = None
    rotate_every: int | None = None
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Check what the lifecycle relies on."""
        kids: dict[bytes, KeyEntry] = {}
        begins: dict[float, KeyEntry] = {}
        for entry in self.entries:
            if kids.setdefault(entry.kid, entry) is not entry:
                raise ConfigurationError(
                    f"Two entries, {kids[entry.kid].label!r} and {entry.label!r}, have the key id "
                    f"{entry.kid.hex()}. Remove the one that is wrong; if one of them is revoked, "
                    f"the other is that key, so keep the revoked one."
                )
            if entry.may_seal and begins.setdefault(entry.begins, entry) is not entry:
                raise ConfigurationError(
                    f"{begins[entry.begins].label!r} and {entry.label!r} are both primary from the "
                    f"same moment on, and the order of a file decides nothing. Give one of them "
                    f'"state": "open-only", or a later "nbf".'
                )

    def get(self, kid: bytes) -> KeyEntry | None:
        """The entry of a key id, or None."""
        return next((entry for entry in self.entries if entry.kid == kid), None)

    def resolve(self, now: float) -> Resolution:
        """The states of all keys at a moment, in seconds since the epoch."""
        return resolve(now, self.entries, longest_session=self.longest_session)

    def ring(self, now: float) -> KeyRing:
        """The keys that seal and open at a moment.

        Args:
            now: the moment, in seconds since the epoch.
        """
        resolution = self.resolve(now)
        primary = resolution.primary
        opening = {
            entry.kid: entry.key
            for entry in self.entries
            if entry.key is not None
            and resolution.states[entry.kid] not in (State.RETIRED, State.REVOKED)
        }
        return KeyRing(
            None if primary is None else primary.key,
            *opening.values(),
            revoked=[entry.kid for entry in self.entries if entry.revoked],
            retired=[kid for kid, state in resolution.states.items() if state is State.RETIRED],
            ends=resolution.ends,
        )

    def with_entry(self, entry: KeyEntry) -> KeySet:
        """The same set with one entry added, or put in the place of that of its key id."""
        if self.get(entry.kid) is None:
            return dataclasses.replace(self, entries=(*self.entries, entry))
        entries = tuple(entry if one.kid == entry.kid else one for one in self.entries)
        return dataclasses.replace(self, entries=entries)

    def without(self, kid: bytes) -> KeySet:
        """The same set without the entry of a key id."""
        return dataclasses.replace(
            self, entries=tuple(entry for entry in self.entries if entry.kid != kid)
        )

    @property
    def generation(self) -> str:
        """A short public name of this content: equal on two instances that run the same keys.

        Eight hexadecimal digits of a hash over ids, marks and dates; no key material goes into it.
        """
        facts = sorted(
            (one.kid.hex(), one.mark or "", one.seals_from or "", one.opens_until or "")
            for one in self.entries
        )
        return digest(repr((facts, self.longest_session)).encode()).hex()[:8]

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_copy()

    def __getstate__(self) -> NoReturn:
        refuse_copy()


def merge(one: KeySet, other: KeySet) -> KeySet:
    """The keys of both, so that no revocation is lost, whichever was edited last.

    A key that either has revoked is revoked, and one whose material either has destroyed is
    destroyed. Else the later date wins where both have one: a key opens as long as either says, and
    seals no earlier than either says. What only one of them says is kept. Where keys of theirs
    begin to seal in the same second, those of higher id begin one second later each; where two keys
    have one label, that of the higher id gets its id behind the label.

    Args:
        one: a set; its settings and further members win over the other's.
        other: another set.

    Returns:
        The merged set; the same keys and states whichever comes first.

    Raises:
        ConfigurationError: two keys of theirs seal without a date from which they do.
    """
    entries = {entry.kid: entry for entry in one.entries}
    for entry in other.entries:
        mine = entries.get(entry.kid)
        entries[entry.kid] = entry if mine is None else _merged(mine, entry)
    lifetimes = [each.longest_session for each in (one, other) if each.longest_session is not None]
    return dataclasses.replace(
        one,
        entries=_apart(entries.values()),
        propagation=max(one.propagation, other.propagation),
        longest_session=max(lifetimes, default=None),
        rotate_every=one.rotate_every if one.rotate_every is not None else other.rotate_every,
        other={**other.other, **one.other},
    )


def _merged(one: KeyEntry, other: KeyEntry) -> KeyEntry:
    marks = {one.mark, other.mark}
    mark = next((mark for mark in (Mark.REVOKED, Mark.OPEN_ONLY) if mark in marks), None)
    destroyed = mark is Mark.REVOKED and (one.key is None or other.key is None)
    return dataclasses.replace(
        one,
        key=None if destroyed else one.key or other.key,
        mark=mark,
        created=_first(one.created, other.created),
        seals_from=_last(one.seals_from, other.seals_from),
        opens_until=_last(one.opens_until, other.opens_until),
        other={**other.other, **one.other},
    )


def _apart(entries: Iterable[KeyEntry]) -> tuple[KeyEntry, ...]:
    """The entries in their order, with beginnings and labels that no two of them share."""
    apart = {entry.kid: entry for entry in entries}
    begun: set[int] = set()
    labels: set[str] = set()
    for kid, entry in sorted(apart.items()):
        begins = entry.seals_from
        if entry.may_seal and begins is not None:
            while begins in begun:
                begins += 1
            begun.add(begins)
        label = entry.label if entry.label not in labels else f"{entry.label} {kid.hex()}"
        labels.add(label)
        apart[kid] = dataclasses.replace(entry, label=label, seals_from=begins)
    return tuple(apart.values())


def _first(*dates: int | None) -> int | None:
    return min((date for date in dates if date is not None), default=None)


def _last(*dates: int | None) -> int | None:
    return max((date for date in dates if date is not None), default=None)
