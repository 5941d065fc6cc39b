"""What is said of an SQLite file that can't be used, by the code that SQLite gives."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from cookie_sessions.stores.sqlite import SQLiteStore, _tell


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (sqlite3.SQLITE_BUSY, "kept busy by other writers"),
        (sqlite3.SQLITE_LOCKED, "kept busy by other writers"),
        (sqlite3.SQLITE_FULL, "has no room left on its disk. Make room"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
        (sqlite3.SQLITE_NOTADB, "is damaged"),
        (sqlite3.SQLITE_READONLY, "can't be opened for writing"),
        (sqlite3.SQLITE_CANTOPEN_FULLPATH, "can't be opened for writing"),
        (sqlite3.SQLITE_IOERR_WRITE, "failed with SQLite's code 10"),
    ],
)
def test_each_code_is_told_with_what_to_do(code: int, told: str) -> None:
    error = sqlite3.OperationalError("secret")
    error.sqlite_errorcode = code
    assert told in _tell(error)
    assert "secret" not in _tell(error)


def test_a_disk_that_is_gone_is_told_by_the_systems_word() -> None:
    assert "No such device" in _tell(OSError(errno.ENODEV, "secret"))


def test_a_store_and_its_file_show_their_path_alone(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "x.db")
    assert str(tmp_path / "x.db") in repr(store)
    assert repr(store._file) == f"<SQLiteFile {tmp_path / 'x.db'}>"
