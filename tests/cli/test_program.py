"""The program as it is installed and started."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from cookie_sessions.cli.commands import keys, program
from cookie_sessions.cli.program import main
from tests.cli.world import World
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]


def test_the_installed_script_makes_and_lists_a_ring(bare: World) -> None:
    script = Path(sys.executable).with_name("cookie-sessions")
    if not script.exists():
        missing("the script cookie-sessions", "pip install -e '.[cli]'")
    for line in (["init", "--longest-session", "31d"], ["list"], ["verify"]):
        done = subprocess.run(
            [script, "keys", *line],
            cwd=bare.path.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        assert "primary" in done.stdout


def test_an_error_is_one_line_and_no_traceback(bare: World) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-m", "cookie_sessions.cli", "keys", "list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Error: {bare.url}: there is no such file. Create it (cookie-sessions keys init), or "
        f"correct the path.\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="The shell is POSIX's.")
def test_without_a_stdout_the_ring_is_not_exported(world: World) -> None:
    done = subprocess.run(
        [
            *("sh", "-c", 'exec "$@" >&-', "sh"),
            *(sys.executable, "-B", "-m", "cookie_sessions.cli", "keys", "export-env", "--force"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: There is no stdout. Send the ring to a file or a pipe.\n"
    world.do("export-env")


@pytest.mark.skipif(os.name != "posix", reason="Pipes that nobody reads are POSIX's.")
def test_output_that_nobody_reads_ends_a_command_without_a_word(world: World) -> None:
    made = world.path.with_name("signing-key.json")
    for line in (["keys", "list"], ["revocations", "snapshot-key", "new", "--out", str(made)]):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            done = subprocess.run(
                [sys.executable, "-B", "-m", "cookie_sessions.cli", *line],
                cwd=ROOT,
                stdout=writer,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        finally:
            os.close(writer)
        assert (done.returncode, done.stderr) == (1, ""), line
    assert json.loads(made.read_text())["d"]


def test_the_list_of_commands_says_each_in_a_whole_line(bare: World) -> None:
    lines = bare.do("--help").partition("Commands:\n")[2].splitlines()
    assert len(lines) == len(keys.commands)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


def test_a_command_that_is_not_there_is_named_as_such() -> None:
    for line in (["key"], ["keys", "lst"], ["dictionary", "trian"]):
        result = CliRunner().invoke(program, line)
        assert result.exit_code == 2
        assert f"No such command '{line[-1]}'" in result.stderr


def test_without_click_it_says_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=r"pip install 'cookie-sessions\[cli\]'"):
        main()


def test_the_entry_points_of_the_project_lead_to_what_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    points = {**project["scripts"], **project["entry-points"]["flask.commands"]}
    assert set(points) == {"cookie-sessions", "sessions"}
    for point in points.values():
        module, _, name = point.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
