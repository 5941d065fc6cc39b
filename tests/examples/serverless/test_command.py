"""What the local command makes by itself where nothing is set."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from jotter.application import create_app
from serverless import __main__ as command
from serverless import database
from tests.examples.serverless.browser import Browser
from tests.examples.serverless.conftest import PATIENT
from tests.examples.serverless.running import function
from tests.stores.dynamodb_backend import Dynalite


@pytest.mark.once
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="It looks into /proc (Linux).")
def test_it_brings_its_own_dynalite_and_takes_it_along_when_it_ends(
    settings: dict[str, str], tmp_path: Path, dynalite: Dynalite
) -> None:
    own = PATIENT | {command.KEYS: settings[command.KEYS]}
    with function("url", "apig-wsgi", settings=own, folder=tmp_path) as running:
        assert "The database is dynalite" in running.said
        browser = Browser(running.address)
        assert browser.seen(browser.sign_in("Ada")).name == "Ada"
        copy = browser.copied()
        browser.do("/sign-out-everywhere")
        assert copy.look().name is None
        left = [pid for pid, parent in dynalites() if parent == running.pid]
        assert len(left) == 1
    assert not set(left) & {pid for pid, _ in dynalites()}


def dynalites() -> set[tuple[int, int]]:
    """The running servers, each with its parent."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            if str(database.PROGRAM) in (folder / "cmdline").read_text():
                parent = (folder / "stat").read_text().rpartition(") ")[2].split()[1]
                found.add((int(folder.name), int(parent)))
        except (OSError, ValueError):
            continue
    return found


@pytest.fixture
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment of its own, and a folder in the place of the example's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JOTTER_")}
    monkeypatch.setattr(os, "environ", kept)
    instance = tmp_path / "instance"
    monkeypatch.setattr(command, "INSTANCE", instance)
    return instance


def test_without_dynalite_it_says_so_and_runs_on_sqlite(
    nothing_is_set: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(database, "PROGRAM", nothing_is_set / "nothing")
    with ExitStack() as stack:
        command._set_up("alb-multi", stack)
    assert "runs on SQLite instead of DynamoDB" in capsys.readouterr().out
    assert os.environ[command.PROFILE] == "aws-alb"
    app = create_app()
    assert app.config["COOKIE_SESSIONS_KEYS"] == f"file:{nothing_is_set}/keys.json"
    client = app.test_client()
    assert client.get("/").status_code == 200
    assert {path.name for path in nothing_is_set.iterdir()} >= {"keys.json", "revocations.db"}
    assert (nothing_is_set / "keys.json").stat().st_mode & 0o777 == 0o600


def test_what_is_set_is_used_and_no_database_is_started(
    nothing_is_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {command.KEYS: "env:RING", command.REVOCATIONS: "memory:", command.PROFILE: "nginx"}
    os.environ.update(given)
    with ExitStack() as stack:
        command._set_up("alb-single", stack)
    assert capsys.readouterr().out == ""
    assert given.items() <= os.environ.items()
    assert command.OVERFLOW not in os.environ
    assert not nothing_is_set.exists()


def test_a_server_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    program = tmp_path / "node"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o700)
    with pytest.raises(OSError, match="did not start"), database.dynalite(str(program)):
        pass
