"""docs/design.md quotes what the command prints, and names commands, tests and pages that exist."""

from __future__ import annotations

import importlib.util
import re

from benchmarks.leak import CANDIDATES, TRIALS, apart, found, together
from tests.docs.test_pages import ROOT

TEXT = (ROOT / "docs/design.md").read_text(encoding="utf-8")


def figures(row: str) -> int:
    cell = re.search(rf"^\| {row}\b[^|]*\| (\d+)", TEXT, re.MULTILINE)
    assert cell is not None
    return int(cell[1])


def test_the_secrets_that_lengths_give_away_are_as_many_as_the_page_says() -> None:
    assert f"of {TRIALS} e-mail addresses among {CANDIDATES} candidates" in TEXT
    assert figures("the session as a whole") == found(together)
    assert figures("each value alone") == found(apart)


def test_the_commands_that_print_the_figures_exist() -> None:
    commands = set(re.findall(r"`python -m ([\w.]+)", TEXT))
    assert len(commands) >= 5
    assert [name for name in sorted(commands) if importlib.util.find_spec(name) is None] == []


def test_the_tests_that_are_named_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", TEXT)
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_each_section_is_in_its_table_of_contents_and_has_several_decisions() -> None:
    sections = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    contents = re.findall(r"^- \[(.+?)\]", sections[0], re.MULTILINE)
    assert contents == [section.partition("\n")[0] for section in sections[1:]]
    for section in sections[1:]:
        assert len(re.findall(r"^\*\*", section, re.MULTILINE)) >= 3
