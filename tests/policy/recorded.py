"""What browsers sent over the years, as public sources recorded it (recorded_user_agents.txt)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("recorded_user_agents.txt")


def _sequences(text: str) -> dict[str, list[str]]:
    # The first paragraph names the sources.
    _, *paragraphs = text.strip().split("\n\n")
    found: dict[str, list[str]] = {}
    for paragraph in paragraphs:
        head, *rows = paragraph.splitlines()
        found[head.removeprefix("# ")] = [row.partition(" ")[2] for row in rows]
    return found


RECORDED: Final = _sequences(_FILE.read_text(encoding="ascii"))
"""By browser, the oldest first."""
