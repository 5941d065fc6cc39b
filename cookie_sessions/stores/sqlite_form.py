"""How a SQLite file of ours is made and told from those of others."""

from __future__ import annotations

import math
import os
import sqlite3
import stat
import threading
from typing import Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.time_out import Countdown

APPLICATION_ID: Final = 0x636B7331
"""What SQLite writes into the head of our files ("cks1"); no other program's is touched."""

_VERSION: Final = 1
_OTHERS: Final = 0o007
_WAL_TRIES: Final = 60
_WAL_PAUSE: Final = 0.05

_SCHEMA: Final = (
    "CREATE TABLE entries (name TEXT PRIMARY KEY, value BLOB NOT NULL, ends INTEGER NOT NULL)",
    "CREATE INDEX entries_by_end ON entries (ends)",
    f"PRAGMA user_version = {_VERSION}",
    f"PRAGMA application_id = {APPLICATION_ID}",
)


def make_file(path: str) -> None:
    """Have a file that only its owner may open; one that is there must be closed to strangers.

    Raises:
        ConfigurationError: it can't be made, is no regular file, or is open to strangers.
    """
    try:
        # Only a file that was not there is opened: closing a file drops all locks that this
        # process has on it, those of SQLite's connections too.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except FileNotFoundError:
        raise ConfigurationError(
            f"The store sqlite:{path} is in a folder that does not exist. Make the folder, with a "
            f"mode that keeps other users out, or correct the path."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The store sqlite:{path} can't be made ({os.strerror(error.errno or 0)}). Let this "
            f"process write in the folder, or correct the path."
        ) from None
    mode = os.stat(path).st_mode  # noqa: PTH116
    if not stat.S_ISREG(mode):
        raise ConfigurationError(f"The store sqlite:{path} is not a regular file. Name one.")
    if os.name == "posix" and mode & _OTHERS:
        raise ConfigurationError(
            f"The store sqlite:{path} has the mode {stat.S_IMODE(mode):03o}, which lets other "
            f"users of the machine at the entries. Run: chmod 600 {path}"
        )


def wait_at_most(connection: sqlite3.Connection, seconds: float) -> None:
    """Have each statement of a connection wait so long for others that hold the file."""
    connection.execute(f"PRAGMA busy_timeout = {math.ceil(seconds * 1000)}").fetchall()


def prepare(connection: sqlite3.Connection, path: str, countdown: Countdown | None) -> None:
    """Give a connection its settings, and a new file its tables.

    Args:
        connection: a new one.
        path: its file's.
        countdown: what it may wait for others in all, or None for as long as each step waits.

    Raises:
        ConfigurationError: the file is another program's or another release's.
        sqlite3.Error: all else.
    """
    try:
        if countdown is not None:
            countdown.begin()
        application_id, version = _marks_at_once(connection, countdown)
        if not application_id and not version:
            _initialise(connection, countdown)
            application_id, version = _marks_at_once(connection, countdown)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_NOTADB:
            raise
        application_id, version = 0, 0
    if application_id != APPLICATION_ID:
        raise ConfigurationError(
            f"The store sqlite:{path} is a file of another program, and was left as it is. Name a "
            f"file that does not exist yet, or remove this one."
        )
    if version != _VERSION:
        raise ConfigurationError(
            f"The store sqlite:{path} was written by another release of cookie_sessions (version "
            f"{version} of the file, {_VERSION} is known here). Use that release, or a new file."
        )
    # A commit waits for the disk: what was acknowledged is there after a loss of power too.
    connection.execute("PRAGMA synchronous = FULL")


def _marks_at_once(connection: sqlite3.Connection, countdown: Countdown | None) -> tuple[int, int]:
    """Both marks as they were at one moment: another process may be making the file."""
    _hurry(connection, countdown)
    connection.execute("BEGIN")
    try:
        return _mark(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _mark(connection: sqlite3.Connection) -> tuple[int, int]:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    return application_id, connection.execute("PRAGMA user_version").fetchone()[0]


def _hurry(connection: sqlite3.Connection, countdown: Countdown | None) -> None:
    if countdown is not None:
        wait_at_most(connection, countdown.left())


def _initialise(connection: sqlite3.Connection, countdown: Countdown | None) -> None:
    _hurry(connection, countdown)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if (
            _mark(connection) == (0, 0)
            and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        ):
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if _mark(connection)[0] == APPLICATION_ID:
        _log_writes_ahead(connection, countdown)


def _log_writes_ahead(connection: sqlite3.Connection, countdown: Countdown | None) -> None:
    pause = threading.Event()
    tries = 0
    while True:
        tries += 1
        _hurry(connection, countdown)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            late = countdown is not None and countdown.left() < _WAL_PAUSE
            # SQLite does not wait here while other processes open the new file.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or tries == _WAL_TRIES or late:
                raise
            pause.wait(_WAL_PAUSE)
        else:
            return
