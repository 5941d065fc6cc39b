"""The two commands, as an old interpreter and a wrong port meet them."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys

import pytest

import environment

PROGRAMS = [
    "examples/run.py",
    "tests/run.py",
    "tests/flask_suite/run.py",
    "tests/wheel/run.py",
    "tests/runner/environment.py",
    "tests/runner/dependencies.py",
    "tests/runner/distributions.py",
    "tests/runner/pythons.py",
]

OURS = {"dependencies", "distributions", "environment", "pythons", "results"}

OLDEST_THAT_UNDERSTANDS_THE_MESSAGE = (3, 7)


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_old_interpreter_can_read_as_far_as_the_message(program: str) -> None:
    source = (environment.ROOT / program).read_text(encoding="utf-8")
    ast.parse(source, feature_version=OLDEST_THAT_UNDERSTANDS_THE_MESSAGE)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_need_the_standard_library_alone(program: str) -> None:
    tree = ast.parse((environment.ROOT / program).read_text(encoding="utf-8"))
    imported = {
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {
        node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module
    }
    tops = {name.partition(".")[0] for name in imported}
    assert tops - sys.stdlib_module_names <= OURS


def test_a_taken_port_is_refused_in_words_before_anything_is_installed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        program = environment.ROOT / "examples" / "run.py"
        done = subprocess.run(
            [sys.executable, str(program), "--port", port],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} can't be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_options_of_another_example_are_refused_before_anything_is_installed() -> None:
    program = environment.ROOT / "examples" / "run.py"
    done = subprocess.run(
        [sys.executable, str(program), "--shape", "rest"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--shape and --adapter are for the example serverless" in done.stderr
