"""Entries in a SQLite file, for the processes of one machine."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from cookie_sessions import clock
from cookie_sessions.stores.entry import (
    DEFAULT_PREFIX,
    checked_name,
    checked_names,
    checked_prefix,
    checked_scan,
    checked_value,
    end_second,
)
from cookie_sessions.stores.outage import outages
from cookie_sessions.stores.sqlite_file import SQLiteFile
from cookie_sessions.stores.time_out import checked_timeout

MAX_OCTETS: Final = 1_048_576
"""The longest value, in octets."""

_PAGE: Final = 500
_SWEPT_WITH_A_WRITE: Final = 16
_SWEPT_FOR_EACH: Final = 2
_SWEPT_AT_ONCE: Final = 200
_SHORTEST_REST: Final = 0.02
_LONGEST_REST: Final = 1.0

_AFTER_ALL_NAMES: Final = "\x7f"
"""Sorts behind every character that a name may have."""

_SWEEP: Final = (
    "DELETE FROM entries WHERE rowid IN "
    "(SELECT rowid FROM entries WHERE ends <= ? ORDER BY ends LIMIT ?)"
)
_PUT: Final = (
    "INSERT INTO entries (name, value, ends) VALUES (?, ?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value, ends = excluded.ends"
)
_ADD: Final = f"{_PUT} WHERE ends <= ?"
_GET: Final = "SELECT value FROM entries WHERE name = ? AND ends > ?"
_EXTEND: Final = "UPDATE entries SET ends = max(ends, ?) WHERE name = ? AND ends > ?"
_SHORTEN: Final = "UPDATE entries SET ends = min(ends, ?) WHERE name = ?"
_DELETE: Final = "DELETE FROM entries WHERE name = ?"


def _tell(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"can't be reached ({os.strerror(error.errno or 0)}). See whether its disk is there"
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return (
                "was kept busy by other writers for longer than it waits. Try again; if it comes "
                "often, use a store with a server"
            )
        case sqlite3.SQLITE_FULL:
            return "has no room left on its disk. Make room"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                "is damaged. Stop the application, keep the file for inspection, and put another "
                "in its place"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
            return (
                "can't be opened for writing. Let this process write the file and its folder, in "
                "which SQLite keeps two more"
            )
        case code:
            return f"failed with SQLite's code {code}. See whether its disk is full or broken"


_may_fail = outages(sqlite3.Error, OSError, tell=_tell)


class SQLiteStore:
    """Keeps entries in a file: what was written is there after kill -9 and a loss of power.

    For power that holds where the disk keeps what it says it has written. Any number of processes
    and threads of one machine use the file; not those of several machines, as network file systems
    don't lock well enough. Writes stand in line, each for as long as the disk takes. Entries that
    have ended are swept, some with each write; the file does not shrink.

    Args:
        path: the file, made with mode 0600 at the first use. Its folder must exist. A relative path
            counts from the directory in which the process is when the store is made.
        prefix: what stands before all names in the file.
        timeout: seconds that a read may wait for others that hold the file, the opening of the file
            included. A write waits so long only where it is more than 2 seconds, and those
            otherwise: what is revoked must get through when many write. It waits for the threads of
            its own process first, and as long again for other processes. None: 2 seconds.

    Raises:
        ValueError: the prefix may not be one.
        ConfigurationError: the time-out is not above 0 and at most 60. At the first use: the folder
            is missing, the file can't be made, is open to other users, or is another program's.
    """

    max_octets: int = MAX_OCTETS
    evicts: bool = False
    scans: bool = True
    shared: bool = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        prefix: str = DEFAULT_PREFIX,
        timeout: float | None = None,
    ) -> None:
        self._prefix = checked_prefix(prefix)
        self._file = SQLiteFile(path, timeout=checked_timeout(timeout))
        self.name: str = f"sqlite:{self._file.path}"
        weakref.finalize(self, self._file.close)

    def __repr__(self) -> str:
        return f"<SQLiteStore {self.name}>"

    @_may_fail
    def get(self, name: str) -> bytes | None:
        """The value of an entry, or None where there is none."""
        wanted = self._prefix + checked_name(name)
        with self._file.reading() as connection:
            row = connection.execute(_GET, (wanted, clock.now())).fetchone()
        return None if row is None else row[0]

    @_may_fail
    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """The values of those entries that are there."""
        wanted = checked_names(names)
        with self._file.reading() as connection:
            now = clock.now()
            rows = (
                connection.execute(_GET, (self._prefix + name, now)).fetchone() for name in wanted
            )
            return {name: row[0] for name, row in zip(wanted, rows, strict=True) if row}

    @_may_fail
    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """Keep a value, whatever was there before."""
        self._put_all({name: value}, ends)

    @_may_fail
    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        """Keep several values with one end: all, or after an error none."""
        self._put_all(values, ends)

    @_may_fail
    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """Keep a value where there is none."""
        wanted, end = self._prefix + checked_name(name), end_second(ends)
        checked_value(value, max_octets=MAX_OCTETS)
        with self._writing(1) as connection:
            now = clock.now()
            if end <= now:
                return False
            return connection.execute(_ADD, (wanted, value, end, now)).rowcount == 1

    @_may_fail
    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        """Keep a value if the present one equals ``expected``."""
        wanted, end = self._prefix + checked_name(name), end_second(ends)
        checked_value(value, max_octets=MAX_OCTETS)
        with self._writing(1) as connection:
            changed = connection.execute(
                "UPDATE entries SET value = ?, ends = ? WHERE name = ? AND value = ? AND ends > ?",
                (value, end, wanted, expected, clock.now()),
            )
            return changed.rowcount == 1

    @_may_fail
    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        """Move ends forward; an end that is later already stays."""
        wanted, end = checked_names(names), end_second(ends)
        with self._writing(0) as connection:
            now = clock.now()
            moved = (
                connection.execute(_EXTEND, (end, self._prefix + name, now)) for name in wanted
            )
            return {name for name, done in zip(wanted, moved, strict=True) if done.rowcount}

    @_may_fail
    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        """Move ends back; an end that is earlier already stays."""
        wanted, end = checked_names(names), end_second(ends)
        with self._writing(0) as connection:
            connection.executemany(_SHORTEN, [(end, self._prefix + name) for name in wanted])

    @_may_fail
    def delete(self, names: Iterable[str]) -> None:
        """Have entries be absent."""
        wanted = checked_names(names)
        with self._writing(0) as connection:
            connection.executemany(_DELETE, [(self._prefix + name,) for name in wanted])

    def scan(self, prefix: str) -> Iterator[list[str]]:
        """The names that begin with a prefix, in pages; no page keeps writers waiting."""
        return self._pages(self._prefix + checked_scan(prefix))

    @_may_fail
    def sweep(self) -> int:
        """Remove all that has ended in the file, whatever its prefix, and say how many that were.

        It removes some 200 at a time and rests in between as long as that took, so that writers get
        their turn. The file keeps its size. After Unavailable some of them may be removed.
        """
        swept = 0
        while True:
            began = clock.now()
            with self._file.writing() as connection:
                removed = connection.execute(_SWEEP, (clock.now(), _SWEPT_AT_ONCE)).rowcount
            swept += removed
            if removed < _SWEPT_AT_ONCE:
                return swept
            # A lock that is taken again at once would never be had by those who wait for it. Other
            # processes look for it now and then, so it is free for as long as it was held.
            took = clock.now() - began
            threading.Event().wait(min(_LONGEST_REST, max(_SHORTEST_REST, took)))

    @_may_fail
    def close(self) -> None:
        """Close the file's connections. A later call opens new ones."""
        self._file.close()

    def _pages(self, prefix: str) -> Iterator[list[str]]:
        after = ""
        while page := self._page(prefix, after):
            after = page[-1]
            yield [name[len(self._prefix) :] for name in page]

    @_may_fail
    def _page(self, prefix: str, after: str) -> list[str]:
        # The range finds the prefix by the index; LIKE would take _ for any character.
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT name FROM entries WHERE name >= ? AND name > ? AND name < ? AND ends > ? "
                "ORDER BY name LIMIT ?",
                (prefix, after, prefix + _AFTER_ALL_NAMES, clock.now(), _PAGE),
            )
            return [name for (name,) in rows]

    def _put_all(self, values: Mapping[str, bytes], ends: float) -> None:
        end = end_second(ends)
        rows = [
            (self._prefix + checked_name(name), checked_value(value, max_octets=MAX_OCTETS), end)
            for name, value in values.items()
        ]
        with self._writing(len(rows)) as connection:
            connection.executemany(_PUT, rows)

    @contextmanager
    def _writing(self, entries: int) -> Iterator[sqlite3.Connection]:
        with self._file.writing() as connection:
            most = _SWEPT_WITH_A_WRITE + _SWEPT_FOR_EACH * entries
            connection.execute(_SWEEP, (clock.now(), most))
            yield connection
