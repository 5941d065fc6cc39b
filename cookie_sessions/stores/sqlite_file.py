"""A SQLite file of ours, and its connections: one for each call that is under way."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cookie_sessions.stores.sqlite_form import make_file, prepare, wait_at_most
from cookie_sessions.stores.time_out import Countdown

BUSY_SECONDS: Final = 2.0
"""How long a call waits for other writers, of this process and then of others."""

_MOST_IDLE: Final = 16
_FORK_SECONDS: Final = 5.0


class SQLiteFile:
    """Lends connections to a file of entries; the file is made where there is none.

    No connection is used by two threads at a time, and none lives through a fork: SQLite's notes on
    its locks are the process's own, and a copy of them lets a child write where it may not. So a
    fork waits until the calls that are under way have ended, and closes what is open.

    Args:
        path: the file. Its folder must exist.
        timeout: seconds that a reader waits, the opening of the file included, and a writer too
            where they are more than :data:`BUSY_SECONDS`. None for those.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float | None = None) -> None:
        # pathlib is loaded by nothing else here, and every cold start would pay for it.
        self.path = os.path.abspath(path)  # noqa: PTH100
        self._timeout = timeout
        self._writing_seconds = max(BUSY_SECONDS, timeout or 0)
        self._state = threading.Condition()
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._lent = 0
        self._closings = 0
        self._forking = False
        self._process = os.getpid()
        self._identity: tuple[int, int] | None = None
        with _forking:
            _files.add(self)

    def __repr__(self) -> str:
        return f"<SQLiteFile {self.path}>"

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for single statements that only read.

        Raises:
            ConfigurationError: the file or its folder can't be used; says what to do.
            sqlite3.Error: all else.
        """
        with self._lending(self._timeout) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction that may write; it is committed at the end.

        Raises:
            ConfigurationError: as :meth:`reading`.
            sqlite3.Error: all else. Nothing is written then, or the whole if the commit failed.
        """
        seconds = None if self._timeout is None else self._writing_seconds
        with self._lending(seconds) as connection:
            # Threads stand in line here; between processes SQLite's own waiting has no order, and
            # with many threads some would wait until their time is over.
            if not self._writing.acquire(timeout=self._writing_seconds):
                raise sqlite3.OperationalError
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._writing.release()

    def close(self) -> None:
        """Close what nobody uses at present, and the rest as it comes back."""
        with self._state:
            self._closings += 1
            self._close_idle()

    @contextmanager
    def _lending(self, seconds: float | None) -> Iterator[sqlite3.Connection]:
        connection, closings = self._take(seconds)
        try:
            if seconds is not None:
                wait_at_most(connection, seconds)
            yield connection
        finally:
            self._give_back(connection, closings)

    def _take(self, seconds: float | None) -> tuple[sqlite3.Connection, int]:
        if self._process != os.getpid():
            self._begin_anew()
        with self._state:
            if not self._state.wait_for(lambda: not self._forking, timeout=seconds):
                raise sqlite3.OperationalError
            if self._idle and _identity(self.path) != self._identity:
                # The file was exchanged or removed; what is open belongs to nobody any more.
                self._closings += 1
                self._close_idle()
            self._lent += 1
            closings = self._closings
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            return connection, closings
        try:
            connection = self._open(seconds)
        except BaseException:
            with self._state:
                self._lent -= 1
                self._state.notify_all()
            raise
        return connection, closings

    def _give_back(self, connection: sqlite3.Connection, closings: int) -> None:
        with self._state:
            self._lent -= 1
            if closings == self._closings and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
            else:
                connection.close()
            self._state.notify_all()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _begin_anew(self) -> None:
        """In a process that was copied without Python's knowledge of it until now."""
        self._state = threading.Condition()
        self._writing = threading.Lock()
        self._process = os.getpid()
        self._lent = 0
        self._forking = False
        self._close_idle()

    def _open(self, seconds: float | None) -> sqlite3.Connection:
        make_file(self.path)
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            prepare(connection, self.path, None if seconds is None else Countdown(seconds))
            self._identity = _identity(self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def hold(self) -> None:
        """Before a fork: let nobody begin, wait for those who have begun, close everything."""
        self._state.acquire()
        self._forking = True
        self._state.wait_for(lambda: self._lent == 0, timeout=_FORK_SECONDS)
        self._close_idle()

    def release(self, *, in_child: bool) -> None:
        """After a fork, in either process."""
        if in_child:
            self._process = os.getpid()
            self._lent = 0
        self._forking = False
        self._state.notify_all()
        self._state.release()


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


_files: Final = weakref.WeakSet[SQLiteFile]()
_held: Final[list[SQLiteFile]] = []
_forking: Final = threading.Lock()


def _before_fork() -> None:
    _forking.acquire()
    for file in list(_files):
        file.hold()
        _held.append(file)


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop().release(in_child=False)
    _forking.release()


def _after_fork_in_child() -> None:
    # A server that forks in C may tell only the child.
    while _held:
        _held.pop().release(in_child=True)
    if _forking.locked():
        _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
