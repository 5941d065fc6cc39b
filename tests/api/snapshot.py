"""What is public now, and what was written down of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.api.commands import describe_commands
from tests.api.describing import describe
from tests.api.modules import MODULES

FOLDER: Final = Path(__file__).resolve().parent
COMMANDS: Final = "commands"


def current() -> dict[str, str]:
    """Describe everything that is public.

    Returns:
        Text by the name of the file, without its ending.
    """
    return {name: describe(name) for name in MODULES} | {COMMANDS: describe_commands()}


def stored() -> dict[str, str]:
    """Read what was written down, in the same form."""
    return {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}
