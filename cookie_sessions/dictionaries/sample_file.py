"""The SQLite file in which a sample is kept, and its connections."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cookie_sessions.errors import ConfigurationError

START_SECONDS: Final = 10.0
"""How long the start of a process waits for others that make the file."""

_BUSY_SECONDS: Final = 0.05
_VERSION: Final = 0x636B_7332
"""Beside SQLite's own mark of a version: no other program's file has it by chance."""

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS pending (
        mac BLOB PRIMARY KEY, tags BLOB, day INTEGER) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS pending_by_day ON pending (day)",
    """CREATE TABLE IF NOT EXISTS phrases (
        number INTEGER PRIMARY KEY, text BLOB UNIQUE, sessions INTEGER, uses INTEGER)""",
    "CREATE TABLE IF NOT EXISTS candidates (name BLOB PRIMARY KEY, octets BLOB) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS savings (
        name BLOB, key BLOB, count INTEGER, without INTEGER, octets INTEGER,
        PRIMARY KEY (name, key)) WITHOUT ROWID""",
)


class SampleFile:
    """Lends connections to the file; it is made where there is none, for its owner alone.

    Args:
        path: the file.
        least: k, which the file records; None: that of the file, which must be there.

    Attributes:
        path: the absolute path.
    """

    def __init__(self, path: str, *, least: int | None) -> None:
        # pathlib is loaded by nothing else here, and every cold start would pay for it.
        self.path = os.path.abspath(path)  # noqa: PTH100
        self._least = least
        self._local = threading.local()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Use one connection for all that this thread does meanwhile."""
        with self._open() as db:
            self._local.db = db
            try:
                yield
            finally:
                self._local.db = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextmanager
    def _open(self, seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each look: none lives through a fork."""
        held = getattr(self._local, "db", None)
        if held is not None:
            yield held
            return
        self._make()
        patience = _BUSY_SECONDS if seconds is None else seconds
        db = sqlite3.connect(self.path, timeout=patience, isolation_level=None)
        try:
            self._prepare(db)
            yield db
        finally:
            db.close()

    def _make(self) -> None:
        try:
            found = os.lstat(self.path)
        except FileNotFoundError:
            found = None
        if found is not None:
            open_to_others = os.name == "posix" and found.st_mode & 0o077
            if not stat.S_ISREG(found.st_mode) or open_to_others:
                raise ConfigurationError(
                    f"{self.path}: this is no plain file, or others than its owner may open it. "
                    f"Name the file itself, no link, and give it the mode 600."
                )
            return
        if self._least is None:
            raise ConfigurationError(
                f"{self.path}: there is no such file. Set COOKIE_SESSIONS_SAMPLE to it, and let "
                f"the application run for a while; or correct the path."
            )
        flags = os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
        os.close(os.open(self.path, flags, 0o600))

    def _prepare(self, db: sqlite3.Connection) -> None:
        # Counts that a power failure takes are no loss; what is overwritten is gone from the file.
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA secure_delete = ON")
        # At one moment: another process may be making the tables.
        version, tables = db.execute(
            "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version"
        ).fetchone()
        if version == _VERSION:
            self._check_least(db)
            return
        if version or tables or self._least is None:
            raise ConfigurationError(
                f"{self.path}: this is no sample that this release reads. Name another file."
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        # Several processes may start at the same time, and one of them has made the tables by now.
        for statement in _SCHEMA:
            db.execute(statement)
        db.executemany(
            "INSERT OR IGNORE INTO facts VALUES (?, ?)",
            [
                ("sessions", 0),
                ("least", self._least),
                ("identity", int.from_bytes(os.urandom(7), "big")),
            ],
        )
        db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute("COMMIT")
        self._check_least(db)

    def _check_least(self, db: sqlite3.Connection) -> None:
        if self._least is None:
            return
        (least,) = db.execute("SELECT value FROM facts WHERE name = 'least'").fetchone()
        if least < self._least:
            raise ConfigurationError(
                f"{self.path}: this sample was begun with COOKIE_SESSIONS_SAMPLE_SUBJECTS = "
                f"{least}, so it holds what fewer than {self._least} people share. Name a new "
                f"file, and delete this one."
            )
        self._least = least
