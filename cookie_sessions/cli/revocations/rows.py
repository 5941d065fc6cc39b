"""What stands on a list, entry by entry, as commands show it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from cookie_sessions.cli.report import printable
from cookie_sessions.cli.times import iso, moment_from
from cookie_sessions.revocation import entries
from cookie_sessions.revocation.entries import Ended, General
from cookie_sessions.revocation.registry_form import ENTRY
from cookie_sessions.stores.store import ExpiringStore

ALL, KEY, SUBJECT, SESSION = KINDS = ("all", "key", "subject", "session")
"""The kinds of entries, in the order in which they are shown."""

REGISTER: Final = "register"
"""Counted with them: the sessions that are on the register of who is signed in where."""

HEAD: Final = ("KIND", "ID", "REFUSES")


class Row(NamedTuple):
    """One entry.

    Attributes:
        kind: one of :data:`KINDS`.
        id: a hash that leads back to nobody, or a key's id; None for the mark of all.
        at: when a session ended, or a mark, in milliseconds since the epoch; None for a key.
        grace: whether the session may be read until then.
    """

    kind: str
    id: str | None
    at: int | None
    grace: bool = False

    def cells(self, now: float) -> tuple[str, ...]:
        """The same for people.

        Args:
            now: from when the distances count, in seconds since the epoch.
        """
        when = "" if self.at is None else moment_from(self.at / 1000, now)
        if self.kind == KEY:
            told = "what it seals or ever sealed"
        elif self.kind == SESSION:
            told = f"from {when} on" if self.grace else f"since {when}"
        else:
            told = f"what began by {when}"
        return self.kind, "-" if self.id is None else printable(self.id), told

    def facts(self) -> dict[str, Any]:
        """The same for machines; docs/revocation.md lists the names."""
        at = None if self.at is None else iso(self.at / 1000)
        return {
            "kind": self.kind,
            "id": self.id,
            "at": at,
            "milliseconds": self.at,
            "grace": self.grace,
        }


def rows(store: ExpiringStore, kinds: Collection[str]) -> Iterator[Row]:
    """The entries of some kinds, as they come: a million take no more memory than a page.

    What comes or goes meanwhile may be met, and what is there may be met twice.

    Args:
        store: keeps the list.
        kinds: which.

    Raises:
        Unavailable: the store does not answer, or holds what is none of ours.
    """
    general = General.from_octets(store.get(entries.GENERAL))
    if ALL in kinds and general.mark:
        yield Row(ALL, None, general.mark)
    if KEY in kinds:
        for kid in general.kids:
            yield Row(KEY, kid.hex(), None)
    if SUBJECT in kinds:
        for name, value in _scanned(store, entries.SUBJECT):
            yield Row(SUBJECT, name, entries.number_from(value))
    if SESSION in kinds:
        for name, value in _scanned(store, entries.SESSION):
            entry = Ended.from_octets(value)
            yield Row(SESSION, name, entry.at, entry.fades)


def counts(store: ExpiringStore) -> dict[str, int]:
    """How many entries of each kind there are, and how many sessions are on the register.

    Args:
        store: keeps the list.

    Raises:
        Unavailable: the store does not answer.
    """
    general = General.from_octets(store.get(entries.GENERAL))
    return {
        ALL: int(general.mark > 0),
        KEY: len(general.kids),
        SUBJECT: _count(store, entries.SUBJECT),
        SESSION: _count(store, entries.SESSION),
        REGISTER: _count(store, ENTRY),
    }


def _scanned(store: ExpiringStore, prefix: str) -> Iterator[tuple[str, bytes]]:
    for page in store.scan(prefix):
        for name, value in store.get_many(page).items():
            yield name.removeprefix(prefix), value


def _count(store: ExpiringStore, prefix: str) -> int:
    # A name may be met twice. 64 bits of each tell them apart and take little memory.
    met: set[int] = set()
    for page in store.scan(prefix):
        met.update(map(hash, page))
    return len(met)
