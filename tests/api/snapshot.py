"""What is public now, and what was written down of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.api.commands import describe_commands
from tests.api.describing import describe
from tests.api.metrics import describe_extras, describe_metrics
from tests.api.modules import MODULES

FOLDER: Final = Path(__file__).resolve().parent
OTHERS: Final = {
    "commands": describe_commands,
    "metrics": describe_metrics,
    "extras": describe_extras,
}
"""What is public beside modules, by the name of its file."""


def current() -> dict[str, str]:
    """Describe everything that is public.

    Returns:
        Text by the name of the file, without its ending.
    """
    others = {name: describe_one() for name, describe_one in OTHERS.items()}
    return {name: describe(name) for name in MODULES} | others


def stored() -> dict[str, str]:
    """Read what was written down, in the same form."""
    return {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}
