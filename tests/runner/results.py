"""What the steps of a test run came to, added up; standard library only."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

PYTEST_TESTS_FAILED = 1


class Outcome(NamedTuple):
    """What one step came to.

    Attributes:
        name: the step's.
        passed: tests that passed; a program that reports none counts as one.
        failed: tests that failed, and those that broke while being set up or torn down.
        skipped: the reason of each skipped test, which names what installs the missing part.
        seconds: how long it took.
    """

    name: str
    passed: int
    failed: int
    skipped: list[str]
    seconds: float


def read(name: str, report: Path | None, exit_status: int, seconds: float) -> Outcome:
    """Judge one step by its exit status and, where it writes one, by its JUnit report.

    Args:
        name: the step's name.
        report: the file that its pytest should have written, or None for any other program.
        exit_status: of the program; not 0 is a failure, whatever the report says.
        seconds: how long it took.

    Returns:
        The outcome.
    """
    if report is None:
        return Outcome(name, int(exit_status == 0), int(exit_status != 0), [], seconds)
    passed = failed = 0
    skipped = []
    for case in ET.parse(report).iter("testcase") if report.exists() else ():
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None:
            skipped.append(skip.get("message", ""))
        else:
            passed += 1
    # A run that broke off, found no test or missed its own marks failed without a failing test.
    if exit_status and not (failed and exit_status == PYTEST_TESTS_FAILED):
        failed += 1
    return Outcome(name, passed, failed, skipped, seconds)


def summary(outcomes: list[Outcome]) -> str:
    """Say how the run went, ending in the one line "N passed, N failed, N skipped".

    Args:
        outcomes: those of all steps, in order.

    Returns:
        The text, of several lines.
    """
    width = max(len(outcome.name) for outcome in outcomes)
    lines = [f"{'step':<{width}}  seconds  passed  failed  skipped"]
    for name, passed, failed, skipped, seconds in outcomes:
        row = f"{name:<{width}}  {seconds:>7.1f}  {passed:>6}  {failed:>6}  {len(skipped):>7}"
        lines.append(row)
    reasons = [reason for outcome in outcomes for reason in outcome.skipped]
    if reasons:
        lines += ["", "Skipped:"]
        for reason in sorted(set(reasons)):
            lines.append(f"  {reasons.count(reason)} x {reason}")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    return "\n".join([*lines, "", f"{passed} passed, {failed} failed, {len(reasons)} skipped"])
