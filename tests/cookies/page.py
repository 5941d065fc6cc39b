"""The tables of docs/cookie-header.md, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "cookie-header.md"


def rows(heading: str) -> list[list[str]]:
    """The cells of each row of the table below a heading, without the table's own head."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")
    lines = [line for line in section[0].splitlines() if line.startswith("| ")]
    assert len(lines) > 1, f"{PAGE.name} has no table below {heading!r}"
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines[1:]]


def code(cell: str) -> str:
    """The Python in a cell."""
    assert cell.startswith("`")
    assert cell.endswith("`")
    return cell[1:-1]
