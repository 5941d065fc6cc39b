"""How long calls of SQLite wait for others that hold the file, and sweeps that keep nobody."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.stores import sqlite as sqlite_store
from cookie_sessions.stores.sqlite import SQLiteStore
from cookie_sessions.stores.sqlite_file import SQLiteFile

from .calls import A_FEW_SECONDS, an_hour, met
from .contract_time import AT_MOST, assert_unavailable_in_time
from .moving_clock import moving_clock
from .processes import in_processes

TIME_OUT = 0.25


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "entries.db"


@contextmanager
def held(path: Path) -> Iterator[None]:
    """While another program has the file for itself, readers too have to wait."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM entries WHERE name = 'nobody'")
        other.execute("COMMIT")
        yield


@pytest.mark.usefixtures("long_defaults")
def test_reads_and_the_opening_of_a_held_file_wait_for_the_time_out(path: Path) -> None:
    with closing(SQLiteStore(path)) as store:
        store.put("a", b"one", ends=an_hour())
    with closing(SQLiteStore(path, timeout=TIME_OUT)) as store:
        with held(path):
            reads = (
                lambda: store.get("a"),
                lambda: store.get_many(["a"]),
                lambda: met(store, ""),
            )
            for read in reads:
                began = time.monotonic()
                assert_unavailable_in_time(store, read)
                assert time.monotonic() - began > TIME_OUT * 0.8
        assert store.get("a") == b"one"


@pytest.mark.usefixtures("long_defaults")
def test_an_empty_file_that_another_program_reads_is_left_empty_and_made_a_store_later(
    path: Path,
) -> None:
    path.touch(mode=0o600)
    with closing(SQLiteStore(path, timeout=TIME_OUT)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
            assert_unavailable_in_time(store, lambda: store.get("a"))
            assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        store.put("a", b"one", ends=an_hour())
        assert store.get("a") == b"one"


def test_a_connection_waits_as_long_as_who_borrows_it_may(path: Path) -> None:
    with closing(SQLiteStore(path, timeout=TIME_OUT)) as store:
        store.put("a", b"one", ends=an_hour())
        with store._file.writing() as connection:
            assert connection.execute("PRAGMA busy_timeout").fetchone() == (2000,)
        with store._file.reading() as connection:
            assert connection.execute("PRAGMA busy_timeout").fetchone() == (250,)


@pytest.mark.parametrize(("timeout", "shortest"), [(TIME_OUT, 1.5), (2.5, 2.3)])
def test_a_write_waits_for_two_seconds_or_a_longer_time_out(
    path: Path, timeout: float, shortest: float
) -> None:
    with closing(SQLiteStore(path, timeout=timeout)) as store:
        store.put("a", b"one", ends=an_hour())
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            with pytest.raises(Unavailable, match="busy"):
                store.put("a", b"two", ends=an_hour())
            assert shortest < time.monotonic() - began < A_FEW_SECONDS
            assert store.get("a") == b"one"


@pytest.mark.usefixtures("long_defaults")
def test_writes_of_many_get_through_though_reads_wait_for_a_moment_only(path: Path) -> None:
    def write(number: int) -> bytes:
        store = SQLiteStore(path, timeout=0.01)
        for turn in range(20):
            store.put(f"n{number}.{turn}", b"one", ends=an_hour())
        return b"all"

    assert in_processes(write, 4) == [b"all"] * 4
    with closing(SQLiteStore(path)) as store:
        assert len(met(store, "")) == 80


@pytest.mark.usefixtures("long_defaults")
def test_the_making_of_a_file_that_is_held_ends_with_the_time_out(path: Path) -> None:
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with closing(SQLiteStore(path, timeout=TIME_OUT)) as store:
            assert_unavailable_in_time(store, lambda: store.get("a"))


def test_a_read_waits_for_a_fork_no_longer_than_the_time_out(path: Path) -> None:
    file = SQLiteFile(path, timeout=TIME_OUT)
    with file.reading():
        pass
    file._forking = True
    began = time.monotonic()
    with pytest.raises(sqlite3.OperationalError), file.reading():
        pass
    assert TIME_OUT * 0.8 < time.monotonic() - began < AT_MOST
    file._forking = False
    with file.reading():
        pass
    file.close()


def test_a_sweep_takes_what_has_ended_under_every_prefix(path: Path) -> None:
    with (
        moving_clock() as standing,
        closing(SQLiteStore(path, prefix="one:")) as one,
        closing(SQLiteStore(path, prefix="other:")) as other,
    ):
        for store in (one, other):
            store.put("ends", b"", ends=clock.now() + 5)
            store.put("stays", b"", ends=clock.now() + 50)
        standing.wait_until(clock.now() + 6)
        assert one.sweep() == 2
        assert met(one, "") == met(other, "") == {"stays"}


@pytest.mark.usefixtures("long_defaults")
def test_a_sweep_of_much_keeps_no_writer_waiting(path: Path) -> None:
    ended = 60 * sqlite_store._SWEPT_AT_ONCE
    with closing(SQLiteStore(path)) as store:
        store.close()
        with moving_clock() as standing:
            ends = clock.now() + 5
            values = {f"n{number}": os.urandom(1500) for number in range(ended)}
            store.put_many(values, ends=ends)
            standing.wait_until(ends + 1)
            swept: list[int] = []
            sweeping = threading.Thread(target=lambda: swept.append(store.sweep()))
            longest = 0.0
            turns = 0
            started = time.monotonic()
            sweeping.start()
            while sweeping.is_alive():
                began = time.monotonic()
                store.put("other", b"%d" % turns, ends=an_hour())
                longest = max(longest, time.monotonic() - began)
                turns += 1
            sweeping.join()
            took = time.monotonic() - started
            # Each write sweeps some too.
            assert 0 < swept[0] <= ended
            assert store.sweep() == 0
            assert met(store, "") == {"other"}
            assert turns > 10
            # Where the machine or its disk is slow, all of it is.
            assert longest < max(1, took / 4)
