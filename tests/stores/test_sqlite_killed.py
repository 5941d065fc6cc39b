"""A process that writes to SQLite is killed in the middle, again and again."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.stores.sqlite import SQLiteStore

from .processes import fork

pytestmark = pytest.mark.once

ROUNDS = 200
MOST_READ = 24
LONGEST_LIFE = 0.02
"""A process is killed within so many seconds after so many of its acknowledgements, or fewer."""

ENDS = clock.now() + 3600
SLOTS = 40
RECORD = 12


def test_no_acknowledged_write_is_lost_and_no_file_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "entries.db"
    chosen = random.Random(20_250_807)
    written: dict[str, int] = {}
    acknowledged = unacknowledged = 0
    for turn in range(ROUNDS):
        records = _killed(path, turn, chosen.randint(1, MOST_READ), chosen.uniform(0, LONGEST_LIFE))
        acknowledged += len(records)
        written |= dict(records)
        store = SQLiteStore(path)
        found = store.get_many(written)
        store.close()
        for name, number in written.items():
            value = found.get(name)
            assert value is not None, f"round {turn}: {name} is gone"
            kept = int(value[:RECORD])
            # A later write may have been done without its acknowledgement having come out.
            assert kept >= number, f"round {turn}: {name} is older than what was acknowledged"
            assert value == _value(kept)
            unacknowledged += kept > number
            written[name] = kept
        _assert_intact(path)
    assert acknowledged > 5 * ROUNDS
    assert unacknowledged < ROUNDS


def _killed(path: Path, turn: int, most: int, life: float) -> list[tuple[str, int]]:
    """Have a forked process write until it is killed.

    Returns:
        The writes that it acknowledged.
    """
    reading, writing = os.pipe()
    child = fork()
    if child == 0:
        try:
            _write_for_ever(path, turn, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with open(reading, "rb") as pipe:
        first = pipe.read(most * RECORD)
        time.sleep(life)
        os.kill(child, signal.SIGKILL)
        octets = first + pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    numbers = [int(octets[i : i + RECORD]) for i in range(0, len(octets), RECORD)]
    return [(_name(number), number) for number in numbers]


def _write_for_ever(path: Path, turn: int, acknowledge: int) -> None:
    store = SQLiteStore(path)
    number = turn * 100_000
    while True:
        number += 1
        if number % 7 == 0:
            store.put_many({"sw": b"", _name(number): _value(number)}, ends=ENDS)
        else:
            store.put(_name(number), _value(number), ends=ENDS)
        os.write(acknowledge, b"%0*d" % (RECORD, number))


def _name(number: int) -> str:
    return f"n{number % SLOTS}"


def _value(number: int) -> bytes:
    """Octets of different lengths, so that pages split and overflow; told from all others."""
    return (b"%0*d" % (RECORD, number)) * (1 + number * 37 % 600)


def _assert_intact(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()
