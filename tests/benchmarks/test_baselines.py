"""Counts are compared with those that were stored for the same versions, and no others."""

from __future__ import annotations

from pathlib import Path

from benchmarks.baselines import Baseline


def test_another_version_has_no_baseline(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    Baseline(path, "CPython 3.12").write({"open": 100})
    other = Baseline(path, "CPython 3.13")
    assert other.read() is None
    assert other.verdict("open", 500) == "no baseline"
    assert other.regressions({"open": 500}) == {}


def test_to_store_counts_leaves_those_of_other_versions(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    former, later = Baseline(path, "CPython 3.12"), Baseline(path, "CPython 3.13")
    former.write({"open": 100})
    later.write({"open": 90, "seal": 200})
    later.write({"open": 80})
    assert former.read() == {"open": 100}
    assert later.read() == {"open": 80}


def test_five_percent_more_is_let_pass_and_anything_above_it_is_marked(tmp_path: Path) -> None:
    stored = Baseline(tmp_path / "counts.json", "CPython 3.13")
    stored.write({"open": 1000, "seal": 1000})
    assert stored.regressions({"open": 1050, "seal": 1051, "new": 9}) == {"seal": 1.051}
    assert stored.verdict("open", 1050) == "1.050"
    assert stored.verdict("seal", 1051) == "**1.051, above 1.05**"
