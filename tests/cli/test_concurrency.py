"""Commands at the same time: each sees what the others did, and none is lost."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cookie_sessions.cli.commands import program
from cookie_sessions.cli.ring_writer import RingWriter
from cookie_sessions.keys import State
from tests.cli.world import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands wait for each other as long as the disk of a slow machine takes for all of them."""
    monkeypatch.setattr(
        "cookie_sessions.cli.ring.RingWriter", functools.partial(RingWriter, patience=300)
    )


def forked(line: list[str]) -> int:
    """Start a command in a process of its own that has everything loaded; gives its id."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        program(line, standalone_mode=True)
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        os._exit(status)


def statuses(children: list[int]) -> list[int]:
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


@pytest.mark.usefixtures("patient")
def test_of_many_added_keys_none_is_lost(world: World) -> None:
    labels = [f"key {number}" for number in range(24)]
    children = [forked(["keys", "add", "--label", label]) for label in labels]
    assert statuses(children) == [0] * len(labels)
    states = world.states()
    assert set(labels) < set(states)
    # The clock stands still, and yet no two of them begin to seal in one second.
    assert Counter(states.values()) == {State.PRIMARY: 1, State.PENDING: len(labels)}


@pytest.mark.usefixtures("patient")
def test_of_many_rotations_at_once_one_adds_a_key(world: World) -> None:
    children = [forked(["keys", "rotate", "--now"]) for _ in range(12)]
    assert statuses(children) == [0] * 12
    assert list(world.states().values()) == [State.PRIMARY, State.PENDING]


@pytest.mark.usefixtures("patient")
def test_of_many_first_set_ups_at_once_one_makes_the_ring(bare: World) -> None:
    children = [forked(["keys", "init"]) for _ in range(12)]
    assert Counter(statuses(children)) == {0: 1, 1: 11}
    assert list(bare.states().values()) == [State.PRIMARY]


def test_two_programs_that_start_at_once_both_get_their_turn(world: World) -> None:
    line = [sys.executable, "-B", "-m", "cookie_sessions.cli", "keys", "add", "--json"]
    running = [
        subprocess.Popen([*line, "--label", label], cwd=ROOT, stdout=subprocess.PIPE)
        for label in ("one", "two")
    ]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert all(json.loads(output)["changed"] for output in outputs)
    assert {"one", "two"} < set(world.states())
