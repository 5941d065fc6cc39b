"""What the program says of its runs; libFuzzer itself is played by its last words."""

from __future__ import annotations

from pathlib import Path

import pytest

import results
from tests.fuzz import campaign
from tests.fuzz.__main__ import main
from tests.fuzz.targets import TARGETS

DONE = """#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 40Mb
#90\tDONE   cov: 31 ft: 123 corp: 41/1119b lim: 715 exec/s: 9 rss: 45Mb
stat::number_of_executed_units: 90
"""
FOUND = """#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 40Mb
AssertionError: changed by being read
artifact_prefix='reader-'; Test unit written to tests/fuzz/findings/reader-crash-1
"""


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(campaign, "why_not", lambda: None)
    return monkeypatch


def play(monkeypatch: pytest.MonkeyPatch, status: int, output: str) -> None:
    monkeypatch.setattr(campaign, "_engine", lambda *_: (status, output))


def outcome(report: Path, status: int) -> results.Outcome:
    return results.read("fuzz", report, status, 1.0)


def test_a_run_without_a_finding_passes_with_its_numbers(
    says: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    play(says, 0, DONE)
    report = tmp_path / "report.xml"
    assert main(["--report", str(report)]) == 0
    lines = capsys.readouterr().out.splitlines()[-len(TARGETS) :]
    assert [line.split()[:5] for line in lines] == [
        [name, "90", "31", "123", "41"] for name in TARGETS
    ]
    assert outcome(report, 0)[1:4] == (len(TARGETS), 0, [])


def test_a_finding_fails_and_names_the_command_that_replays_it(
    says: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    play(says, 77, FOUND)
    report = tmp_path / "report.xml"
    assert main(["reader", "--report", str(report)]) == 1
    said = capsys.readouterr().out
    assert "AssertionError: changed by being read" in said
    assert "python -m tests.fuzz reader --replay tests/fuzz/findings/reader-crash-1\n" in said
    assert outcome(report, 1)[1:3] == (0, 1)


@pytest.mark.parametrize(("status", "output"), [(0, ""), (1, "ImportError"), (0, "#1 nothing")])
def test_a_run_that_tried_nothing_fails(says: pytest.MonkeyPatch, status: int, output: str) -> None:
    play(says, status, output)
    assert main(["reader"]) == 1


def test_an_input_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"\0session=a")
    assert main(["reader", "--replay", str(file)]) == 0
    assert "violates nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("in_ci", "has_wheel", "status", "failed"),
    [(False, True, 0, 0), (True, False, 0, 0), (True, True, 1, 1)],
)
def test_without_the_fuzzer_ci_fails_only_where_there_is_one(
    in_ci: bool,
    has_wheel: bool,
    status: int,
    failed: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CI", "true" if in_ci else "")
    monkeypatch.setattr(campaign, "why_not", lambda: f"install it with: {campaign.INSTALL}")
    monkeypatch.setattr(campaign, "has_wheel", lambda: has_wheel)
    report = tmp_path / "report.xml"
    assert main(["--report", str(report)]) == status
    read = outcome(report, status)
    assert (read.passed, read.failed) == (0, failed)
    assert [campaign.INSTALL in reason for reason in read.skipped] == [True] * (not failed)
