"""See that each test of SECURITY.md fails without its protection: python -m tests.protections"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

from tests.protections.page import ROOT, claims
from tests.protections.plugin import VARIABLE
from tests.protections.switches import SWITCHES


def outcomes(tests: Iterable[str], *, without: str | None) -> dict[str, str]:
    """How tests end: "passed", "failed" or "skipped"; one of several parameters that fails counts.

    Args:
        tests: as pytest calls them.
        without: the protection that is switched off, or None.
    """
    wanted = sorted(set(tests))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "tests.protections.plugin"),
                # Nobody reads why they fail, and to explain it takes minutes for long texts.
                "--assert=plain",
                *("-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_family=xunit1"),
                *wanted,
            ],
            cwd=ROOT,
            env={**os.environ, VARIABLE: without or ""},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if not report.exists():
            return {}
        return _read(ET.parse(report).getroot(), wanted)


def _read(report: ET.Element, wanted: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for case in report.iter("testcase"):
        name = f"{case.get('file')}::{str(case.get('name')).partition('[')[0]}"
        failed = case.find("failure") is not None or case.find("error") is not None
        if failed:
            found[name] = "failed"
        elif case.find("skipped") is not None:
            found.setdefault(name, "skipped")
        elif found.get(name) != "failed":
            found[name] = "passed"
    return {name: found[name] for name in wanted if name in found}


def faults(protection: str | None) -> list[str]:
    """What is wrong with the claims of one protection; with None: with all of them as they are."""
    if protection is None:
        tests = [claim.test for claim in claims()]
        ended = outcomes(tests, without=None)
        return [
            f"{each}: {ended.get(each, 'missing')}" for each in tests if ended.get(each) != "passed"
        ]
    tests = [claim.test for claim in claims() if claim.protection == protection]
    if not tests:
        return [f"SECURITY.md says nothing of {protection}"]
    ended = outcomes(tests, without=protection)
    return [
        f"{each} does not notice that there is no {protection}: {ended.get(each, 'missing')}"
        for each in tests
        if ended.get(each) != "failed"
    ]


def main() -> int:
    wrong = faults(None)
    for protection in SWITCHES:
        found = faults(protection)
        wrong += found
        sys.stdout.write(f"{protection}: {'; '.join(found) or 'noticed'}\n")
    sys.stdout.writelines(f"{fault}\n" for fault in wrong)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
