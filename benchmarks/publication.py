"""What a command of the benchmarks gives out, and how its tables get into README and docs.

A page quotes a table between two comments, ``<!-- benchmarks NAME: begin -->`` and the same with
``end``. Whatever stands between them is the output of a run, so nobody edits it by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = (ROOT / "README.md", ROOT / "docs" / "benchmarks.md")
PICTURES: Final = ROOT / "docs"

_PLACE: Final = re.compile(
    r"(?P<begin><!-- benchmarks (?P<name>[a-z-]+): begin -->\n)"
    r"(?P<quoted>.*?)"
    r"(?P<end><!-- benchmarks (?P=name): end -->)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What one command has measured, in the forms in which it is given out.

    Attributes:
        text: Markdown, for whoever ran it.
        quotes: Markdown for the marked places of the pages, by the name of the place.
        pictures: SVG, by the name of the file in docs.
        figures: all that was measured, to be written as JSON.
    """

    text: str
    quotes: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The figures, and beside them what the pages quote."""
        document = {**self.figures, "quotes": self.quotes, "pictures": self.pictures}
        return json.dumps(document, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """A report of an earlier run, to be written into the pages.

        Raises:
            ValueError: that is no JSON that a run wrote.
        """
        document = json.loads(text)
        if not isinstance(document, dict) or not {"quotes", "pictures"} <= set(document):
            raise ValueError(
                "This JSON has no quotes and pictures, so no run of the benchmarks wrote it. "
                "Make one with: python -m benchmarks --json PATH"
            )
        return cls("", document["quotes"], document["pictures"])


def quoted(page: str) -> dict[str, str]:
    """What stands in the marked places of a page, by their names."""
    return {found["name"]: found["quoted"] for found in _PLACE.finditer(page)}


def with_quotes(page: str, quotes: Mapping[str, str]) -> str:
    """A page with other text in those of its marked places that have one here."""

    def replace(found: re.Match[str]) -> str:
        text = quotes.get(found["name"])
        return found[0] if text is None else f"{found['begin']}{text.rstrip()}\n{found['end']}"

    return _PLACE.sub(replace, page)


def write(report: Report) -> Iterator[Path]:
    """Write a report into the pages and the pictures of docs; gives the files that changed.

    Raises:
        RuntimeError: no page has a place for something that the pages are to quote.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in PAGES}
    places = {name for text in pages.values() for name in quoted(text)}
    lost = sorted(set(report.quotes) - places)
    if lost:
        raise RuntimeError(
            f"No page has a place for {', '.join(lost)}, so nothing was written. Put "
            f"<!-- benchmarks NAME: begin --> and the same with end into docs/benchmarks.md."
        )
    texts = {path: with_quotes(text, report.quotes) for path, text in pages.items()}
    texts |= {PICTURES / name: svg for name, svg in report.pictures.items()}
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            yield path


def joined(*reports: Report) -> Report:
    """Several reports as one."""
    quotes: dict[str, str] = {}
    pictures: dict[str, str] = {}
    figures: dict[str, Any] = {}
    for report in reports:
        quotes |= report.quotes
        pictures |= report.pictures
        figures |= report.figures
    return Report("\n".join(report.text for report in reports), quotes, pictures, figures)
