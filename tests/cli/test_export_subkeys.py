"""What is given to a reader at the edge: subkeys of keys that open, and nothing more."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cookie_sessions import crypto
from tests.cli.test_no_key_material import on_terminal
from tests.cli.world import DAY, HOUR, World

ROOT = Path(__file__).resolve().parents[2]


def subkeys(world: World, *names: str) -> dict[str, bytes]:
    found: dict[str, str] = json.loads(world.do("export-subkeys", *names))
    return {kid: base64.urlsafe_b64decode(text + "=") for kid, text in found.items()}


def of_ring(world: World, *labels: str) -> dict[str, bytes]:
    keys = [entry.key for entry in world.keys().entries if entry.label in labels and entry.key]
    assert len(keys) == len(labels)
    return {key.kid.hex(): crypto.derive(key.export_material(), "session") for key in keys}


@pytest.fixture
def rotated(world: World) -> World:
    """``first`` opens, ``second`` seals, and ``third`` is to seal."""
    world.now += DAY
    world.do("add", "--label", "second")
    world.now += HOUR
    world.do("add", "--label", "third")
    return world


def test_the_subkeys_of_all_keys_that_open_are_given_as_one_line(rotated: World) -> None:
    assert subkeys(rotated) == of_ring(rotated, "first", "second", "third")
    assert rotated.do("export-subkeys").count("\n") == 1


def test_named_keys_alone_are_given(rotated: World) -> None:
    kid = next(iter(of_ring(rotated, "third")))
    assert subkeys(rotated, "first", kid) == of_ring(rotated, "first", "third")


def test_revoked_and_retired_keys_are_not_given(rotated: World) -> None:
    rotated.do("revoke", "third", "--force")
    assert subkeys(rotated) == of_ring(rotated, "first", "second")
    rotated.now += 32 * DAY
    assert subkeys(rotated) == of_ring(rotated, "second")
    for name in ("first", "third"):
        result = rotated.run("export-subkeys", "second", name)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "is revoked or retired, and its subkey is not given away" in result.stderr


def test_a_ring_whose_keys_are_all_revoked_gives_none(world: World) -> None:
    world.do("revoke", "first", "--force")
    result = world.run("export-subkeys")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No key of the ring opens a session" in result.stderr


def test_an_unknown_key_is_refused(world: World) -> None:
    result = world.run("export-subkeys", "nobody")
    assert (result.exit_code, result.stdout) == (1, "")


def test_it_says_what_a_subkey_can_do(world: World) -> None:
    assert "forges every session" in world.run("export-subkeys").stderr


@pytest.mark.parametrize("force", [False, True])
def test_on_a_terminal_subkeys_are_printed_by_force_only(world: World, force: bool) -> None:
    result = on_terminal(lambda: world.run("export-subkeys", *(["--force"] if force else [])))
    assert result.exit_code == (0 if force else 1)
    assert (next(iter(of_ring(world, "first"))) in result.stdout) == force


@pytest.mark.skipif(os.name != "posix", reason="The shell is POSIX's.")
def test_without_a_stdout_no_subkey_is_exported(world: World) -> None:
    command = [sys.executable, "-B", "-m", "cookie_sessions.cli", "keys", "export-subkeys"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command, "--force"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: There is no stdout. Send the subkeys to a file or a pipe.\n"
