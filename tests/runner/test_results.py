from __future__ import annotations

from pathlib import Path

import pytest

import results

REPORT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"/>
<testcase name="c"><failure message="no"/></testcase>
<testcase name="d"><error message="no"/></testcase>
<testcase name="e"><skipped message="node is missing; install it with: apt-get x"/></testcase>
</testsuite></testsuites>"""

ALL_PASSED = '<testsuites><testsuite><testcase name="a"/></testsuite></testsuites>'


def outcome(folder: Path, report: str, exit_status: int) -> results.Outcome:
    path = folder / "report.xml"
    path.write_text(report)
    return results.read("pytest", path, exit_status, 1.5)


def test_a_report_is_counted_case_by_case(tmp_path: Path) -> None:
    read = outcome(tmp_path, REPORT, 1)
    assert (read.passed, read.failed, len(read.skipped)) == (2, 2, 1)


@pytest.mark.parametrize("exit_status", [1, 2, 3, 4, 5, -9])
def test_a_run_that_broke_off_counts_as_failed_though_no_test_did(
    tmp_path: Path, exit_status: int
) -> None:
    assert outcome(tmp_path, ALL_PASSED, exit_status).failed == 1


def test_a_run_that_broke_off_after_a_failure_counts_both(tmp_path: Path) -> None:
    assert outcome(tmp_path, REPORT, 2).failed == 3


def test_a_run_that_wrote_no_report_counts_as_failed(tmp_path: Path) -> None:
    read = results.read("pytest", tmp_path / "absent.xml", 3, 0)
    assert (read.passed, read.failed) == (0, 1)


@pytest.mark.parametrize(("exit_status", "counts"), [(0, (1, 0)), (2, (0, 1))])
def test_a_program_without_a_report_counts_as_one(
    exit_status: int, counts: tuple[int, int]
) -> None:
    read = results.read("mypy", None, exit_status, 0)
    assert (read.passed, read.failed) == counts


def test_the_summary_names_what_installs_a_missing_part_and_ends_in_the_counts(
    tmp_path: Path,
) -> None:
    lines = results.summary([outcome(tmp_path, REPORT, 1)] * 2).splitlines()
    assert "  2 x node is missing; install it with: apt-get x" in lines
    assert lines[-1] == "4 passed, 4 failed, 2 skipped"
