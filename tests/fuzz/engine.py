"""One target under libFuzzer, in a process of its own: python -m tests.fuzz.engine TARGET ..."""

from __future__ import annotations

import importlib
import logging
import shlex
import sys
from typing import Any


def main(arguments: list[str]) -> None:
    """Run libFuzzer on a target, with coverage of the package and of nothing else.

    Args:
        arguments: the target's name, and what libFuzzer itself takes.
    """
    name, *options = arguments
    atheris: Any = importlib.import_module("atheris")
    # What the package tells its logs about hostile input is no news here.
    logging.disable()
    with atheris.instrument_imports(include=["cookie_sessions"]):
        check = importlib.import_module(f"tests.fuzz.{name}").check
    # To merge, libFuzzer starts itself anew with the first argument as a line for the shell.
    command = shlex.join([sys.executable, "-m", "tests.fuzz.engine", name])
    atheris.Setup([command, *options], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
