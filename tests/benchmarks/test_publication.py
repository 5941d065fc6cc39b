"""Tables get into the marked places of pages, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import publication
from benchmarks.publication import Report, joined, quoted, with_quotes, write
from tests.benchmarks.pages import on_the_pages

PAGE = """# Title

<!-- benchmarks cost: begin -->
old
<!-- benchmarks cost: end -->

Between.

<!-- benchmarks load: begin -->
<!-- benchmarks load: end -->
"""


def test_a_quote_replaces_what_stood_in_its_place_alone() -> None:
    page = with_quotes(PAGE, {"cost": "| new |\n"})
    assert quoted(page) == {"cost": "| new |\n", "load": ""}
    assert page.replace("| new |", "old") == PAGE


def test_writing_the_same_again_changes_nothing() -> None:
    once = with_quotes(PAGE, {"cost": "a \\1 b", "load": "c"})
    assert with_quotes(once, quoted(once)) == once
    assert quoted(once)["cost"] == "a \\1 b\n"


def test_a_report_comes_back_from_its_json() -> None:
    report = Report("text", {"cost": "| a |"}, {"a.svg": "<svg/>"}, {"seconds": 1})
    again = Report.from_json(report.to_json())
    assert (again.quotes, again.pictures) == (report.quotes, report.pictures)


def test_reports_are_joined_in_their_order() -> None:
    both = joined(Report("a\n", {"x": "1"}), Report("b\n", {"y": "2"}, figures={"n": 1}))
    assert both == Report("a\n\nb\n", {"x": "1", "y": "2"}, {}, {"n": 1})


def test_only_files_that_change_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(publication, "PAGES", (page,))
    monkeypatch.setattr(publication, "PICTURES", tmp_path)
    report = Report("", {"cost": "new"}, {"a.svg": "<svg/>"})
    assert list(write(report)) == [page, tmp_path / "a.svg"]
    assert list(write(report)) == []


def test_a_quote_without_a_place_is_an_error_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(publication, "PAGES", (page,))
    with pytest.raises(RuntimeError, match="No page has a place for peers"):
        list(write(Report("", {"cost": "new", "peers": "x"})))
    assert page.read_text(encoding="utf-8") == PAGE


def test_no_marked_place_of_the_pages_is_empty() -> None:
    places = on_the_pages()
    assert {"cost", "octets", "marks"} <= set(places)
    assert [name for name, text in places.items() if not text.startswith(("|", "- "))] == []
