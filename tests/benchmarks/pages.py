"""What README and docs/benchmarks.md quote of the benchmarks, to be compared in form."""

from __future__ import annotations

from benchmarks.publication import PAGES, quoted


def on_the_pages() -> dict[str, str]:
    """What stands in the marked places of all pages, by their names."""
    found: dict[str, str] = {}
    for path in PAGES:
        places = quoted(path.read_text(encoding="utf-8"))
        assert not set(places) & set(found), f"{path.name} has a place that another page has, too"
        found |= places
    return found


def form(text: str) -> list[list[str]]:
    """The tables of a text without their figures: the head of each and the first cells of rows.

    Of sessions by size, the last ones are as large as they happen to be, and all are left out.
    """
    rows = [line.strip("| ").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in rows]
    parts: list[list[str]] = []
    for number, row in enumerate(cells):
        is_head = number + 1 < len(cells) and set(cells[number + 1][0]) == {"-"}
        parts.append(row if is_head else row[:1])
    return parts
