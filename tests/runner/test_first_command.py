"""The README's first command, in a copy of the checkout that has never been set up."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

from environment import DYNALITE_NODE, ROOT, find_node

pytestmark = pytest.mark.once

NEEDED = ["pyproject.toml", "README.md", "LICENSE", "cookie_sessions", "examples", "tests/runner"]
CLIENT = build_opener(ProxyHandler({}))
PATIENCE = 60.0
"""Seconds until a program that does not answer or end is given up."""

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("new-machine") / "check out"
    unwanted = shutil.ignore_patterns("__pycache__", "instance", ".venv*")
    for name in NEEDED:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=unwanted)
        else:
            shutil.copy(source, target)
    return copy


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def started(
    checkout: Path, folder: Path, *arguments: str
) -> Generator[tuple[subprocess.Popen[str], str, str]]:
    """The running program, what it said first, and the address that it gave."""
    ours = ("PYTHON", "SHOP_", "VIRTUAL_ENV")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    program = subprocess.Popen(
        [sys.executable, str(checkout / "examples" / "run.py"), *arguments],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell that runs the tests in the background has them, and so the program, ignore Ctrl-C.
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509
    )
    assert program.stdout is not None
    said = ""
    try:
        for line in program.stdout:
            said += line
            if address := ADDRESS.search(line):
                yield program, said, address[0]
                return
        pytest.fail(f"It ended without an address:\n{said}")
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(timeout=PATIENCE)
        program.stdout.close()


def test_it_shows_the_shop_and_ctrl_c_ends_it(checkout: Path, tmp_path: Path) -> None:
    with started(checkout, tmp_path) as (program, said, address):
        assert "Making .venv ready" in said
        with CLIENT.open(address, timeout=PATIENCE) as response:
            assert response.status == 200
            assert b"<html" in response.read()
        assert not address.endswith(":5000/")
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=PATIENCE) == 0
    with pytest.raises(URLError):
        CLIENT.open(address, timeout=PATIENCE)
    assert (checkout / ".venv").is_dir()
    assert list(tmp_path.iterdir()) == []
    kept = list((checkout / "examples" / "shop" / "instance").iterdir())
    assert "keys.json" in [file.name for file in kept]
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o600}


def test_a_second_start_installs_nothing(checkout: Path, tmp_path: Path) -> None:
    with started(checkout, tmp_path) as (_, said, _):
        assert "Making" not in said


def test_it_starts_the_function_with_its_database_and_ctrl_c_ends_both(
    checkout: Path, tmp_path: Path
) -> None:
    arguments = ("serverless", "--shape", "alb-multi", "--adapter", "mangum")
    with started(checkout, tmp_path, *arguments) as (program, said, address):
        node = find_node(checkout / ".venv", minimum=DYNALITE_NODE)
        has_database = node is not None and shutil.which("npm") is not None
        assert ("The database is dynalite" in said) is has_database
        assert ("runs on SQLite instead" in said) is not has_database
        with CLIENT.open(address, timeout=PATIENCE) as response:
            assert b"Sign in" in response.read()
            assert response.headers["Set-Cookie"].startswith("jotter=")
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=PATIENCE) == 0
    with pytest.raises(URLError):
        CLIENT.open(address, timeout=PATIENCE)
    assert list(tmp_path.iterdir()) == []
