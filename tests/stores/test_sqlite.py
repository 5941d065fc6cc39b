"""Entries in a SQLite file: the whole contract, by several processes, and its file."""

from __future__ import annotations

import gc
import os
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.stores.sqlite import SQLiteStore
from cookie_sessions.stores.sqlite_file import SQLiteFile

from .calls import A_FEW_SECONDS, an_hour, met
from .contract import FullContract, ScanContract, SharedContract, StoreContract, patient
from .contract_sweep import CountedSweepContract
from .moving_clock import MovingClock, moving_clock
from .processes import in_processes


class OneFile:
    """Stores on one file, under a clock that the tests move."""

    def __init__(self, path: Path, standing: MovingClock) -> None:
        self._path = path
        self._clock = standing

    def open(self, *, timeout: float | None = None) -> SQLiteStore:
        return SQLiteStore(self._path, timeout=timeout)

    def wait_until(self, moment: float) -> None:
        self._clock.wait_until(moment)

    @contextmanager
    def full(self) -> Iterator[SQLiteStore]:
        # A file of its own, as one that has been in use has an unknown amount of room left.
        store = SQLiteStore(self._path.with_name("full.db"))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        # No file of this process may grow beyond this, which SQLite meets as a disk's end.
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, before[1]))
        try:
            yield store
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneFile]:
    with moving_clock() as standing:
        yield OneFile(tmp_path_factory.mktemp("sqlite") / "entries.db", standing)


@patient
class TestSQLite(StoreContract):
    pass


@patient
class TestSQLiteScans(ScanContract):
    pass


@patient
class TestSQLiteIsShared(SharedContract):
    pass


@patient
class TestSQLiteSweeps(CountedSweepContract):
    """In a file of its own, as a sweep takes what other tests have left."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneFile]:
        with moving_clock() as standing:
            yield OneFile(tmp_path_factory.mktemp("swept") / "entries.db", standing)


class TestFullSQLite(FullContract):
    pass


def test_the_file_and_its_companions_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = SQLiteStore(tmp_path / "entries.db")
        store.put("a", b"one", ends=an_hour())
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"entries.db": 0o600, "entries.db-wal": 0o600, "entries.db-shm": 0o600}
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["entries.db"]


def test_a_folder_that_is_missing_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "missing" / "entries.db")
    with pytest.raises(ConfigurationError, match="folder that does not exist"):
        store.get("a")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a regular file"):
        SQLiteStore(tmp_path).get("a")


@pytest.mark.parametrize("mode", [0o604, 0o606, 0o666])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "entries.db"
    path.touch()
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        SQLiteStore(path).get("a")


def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    others: list[Callable[[], object]] = [
        lambda: path.write_bytes(b"something else that is no database"),
        lambda: _database(path, "CREATE TABLE entries (name TEXT)"),
        lambda: _database(path, "PRAGMA application_id = 77"),
        lambda: _database(path, "PRAGMA user_version = 1"),
    ]
    for write in others:
        path.unlink(missing_ok=True)
        write()
        path.chmod(0o600)
        before = path.read_bytes()
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="another program"):
                SQLiteStore(path).put("a", b"one", ends=an_hour())
        assert path.read_bytes() == before


def test_a_file_of_another_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    _put_and_close(path)
    _database(path, "PRAGMA user_version = 2")
    with pytest.raises(ConfigurationError, match="another release"):
        SQLiteStore(path).get("a")


def test_a_file_that_was_made_and_not_filled_is_used(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    path.touch(mode=0o600)
    _put_and_close(path)


@patient
def test_many_processes_make_one_file_at_the_same_time(tmp_path: Path) -> None:
    def write(number: int) -> bytes:
        SQLiteStore(path).put(f"n{number}", b"one", ends=an_hour())
        return b"done"

    for turn in range(6):
        path = tmp_path / f"entries{turn}.db"
        assert in_processes(write, 8) == [b"done"] * 8
        store = SQLiteStore(path)
        assert len(store.get_many(f"n{number}" for number in range(8))) == 8
        store.close()
        assert _database(path, "PRAGMA journal_mode") == [("wal",)]


def test_a_damaged_file_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    store = SQLiteStore(path)
    store.put_many({f"n{number}": bytes(500) for number in range(100)}, ends=an_hour())
    store.close()
    octets = bytearray(path.read_bytes())
    octets[4096:] = os.urandom(len(octets) - 4096)
    path.write_bytes(octets)
    with pytest.raises(Unavailable, match="damaged"):
        store.get_many(f"n{number}" for number in range(100))
    store.close()


def test_a_writer_that_does_not_finish_makes_others_unavailable_in_time(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    _put_and_close(path)
    store = SQLiteStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="busy"):
            store.put("a", b"two", ends=an_hour())
        assert 1.5 < time.monotonic() - began < A_FEW_SECONDS
        assert store.get("a") == b"one"
    finally:
        other.close()
    store.put("a", b"two", ends=an_hour())
    store.close()


def test_a_file_that_was_exchanged_is_opened_anew(tmp_path: Path) -> None:
    path, new = tmp_path / "entries.db", tmp_path / "new.db"
    store = SQLiteStore(path)
    store.put("a", b"one", ends=an_hour())
    _put_and_close(new, b"another")
    new.rename(path)
    for companion in ("-wal", "-shm"):
        path.with_name(path.name + companion).unlink()
    assert store.get("a") == b"another"
    store.close()


def test_every_connection_waits_for_the_disk(tmp_path: Path) -> None:
    file = SQLiteFile(tmp_path / "entries.db")
    for _ in range(2):
        with file.reading() as connection:
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        file.close()


def test_a_connection_that_was_in_use_at_the_closing_is_closed_later(tmp_path: Path) -> None:
    file = SQLiteFile(tmp_path / "entries.db")
    with file.reading() as connection:
        file.close()
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert _opened(tmp_path / "entries.db") == 0


def test_prefixes_keep_applications_apart(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    one, other = SQLiteStore(path, prefix="one:"), SQLiteStore(path, prefix="one:2")
    one.put("a", b"one", ends=an_hour())
    other.put("a", b"other", ends=an_hour())
    assert one.get("a") == b"one"
    assert met(other, "") == {"a"}
    one.close()
    other.close()


def test_ended_entries_leave_the_file_with_later_writes(backend: OneFile, tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    store = SQLiteStore(path)
    store.put_many({f"n{number}": b"" for number in range(100)}, ends=clock.now() + 5)
    backend.wait_until(clock.now() + 10)
    for _ in range(8):
        store.put("kept", b"", ends=an_hour())
    store.close()
    assert _database(path, "SELECT count(*) FROM entries") == [(1,)]


def test_no_connection_is_open_after_a_fork_in_either_process(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    store = SQLiteStore(path)
    store.put("a", b"one", ends=an_hour())
    assert _opened(path)

    def opened_in_child(_: int) -> bytes:
        return str(_opened(path)).encode()

    assert in_processes(opened_in_child, 1) == [b"0"]
    assert _opened(path) == 0
    assert store.get("a") == b"one"
    store.close()


def test_a_store_that_nobody_holds_any_more_closes_its_file(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    SQLiteStore(path).put("a", b"one", ends=an_hour())
    gc.collect()
    assert _opened(path) == 0


def _put_and_close(path: Path, value: bytes = b"one") -> None:
    store = SQLiteStore(path)
    store.put("a", value, ends=an_hour())
    assert store.get("a") == value
    store.close()


def _database(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def _opened(path: Path) -> int:
    """How many times this process has the file open."""
    return sum(
        os.path.realpath(entry.path) == str(path.resolve()) for entry in os.scandir("/proc/self/fd")
    )
