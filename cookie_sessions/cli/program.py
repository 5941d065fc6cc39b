"""Where the script ``cookie-sessions`` begins."""

from __future__ import annotations

import importlib.util
import sys


def main() -> None:
    """Run the command line, and end the process with the status that docs/keys.md lists."""
    if importlib.util.find_spec("click") is None:
        sys.exit(
            "The commands need click, which is not installed. "
            "Run: pip install 'cookie-sessions[cli]'"
        )
    from cookie_sessions.cli.commands import program

    program(prog_name="cookie-sessions")
