"""What the tests reach of the package: lines, and branches both ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "cookie_sessions"

LEFT_OUT: Final = (
    *("tests/audit", "tests/benchmarks", "tests/browser", "tests/consumer", "tests/coverage"),
    *("tests/deployments", "tests/farm", "tests/jar", "tests/protections", "tests/rollout"),
    "tests/runner",
)
"""What is not run: browsers, fleets of servers and the checks of the runner's own tools reach
nothing that the others do not, and take longer."""

SPOILED: Final = (
    "tests/cli/revocations/test_program.py::test_commands_on_keys_load_neither_stores_nor_lists",
    "tests/codec/test_dictionary.py::test_nothing_is_built_when_the_package_is_imported",
    "tests/stores/test_url.py::test_choosing_one_store_loads_no_other_ones_client",
    (
        "tests/test_architecture.py::"
        "test_importing_the_package_loads_nothing_that_a_cold_start_pays_for"
    ),
    "tests/test_architecture.py::test_the_middleware_loads_no_framework_and_little_else",
)
"""Tests of what a process loads, which measuring adds to."""


class Left(NamedTuple):
    """What nothing has reached of a file.

    Attributes:
        path: from the checkout on.
        lines: their numbers.
        branches: from which line to which; a negative one is the end of what stands around it.
    """

    path: str
    lines: list[int]
    branches: list[tuple[int, int]]


class Measured(NamedTuple):
    """What was reached, in hundredths.

    Attributes:
        lines: of all lines.
        branches: of all branches, each way counted.
        left: the files of which something was not reached.
    """

    lines: float
    branches: float
    left: list[Left]


def run(data: Path) -> int:
    """Run the tests, and every process that they start, under coverage.py.

    Args:
        data: the folder where the data goes.

    Returns:
        pytest's exit status.
    """
    leave = [f"--ignore={name}" for name in LEFT_OUT]
    leave += [f"--deselect={name}" for name in SPOILED]
    command = [
        *(sys.executable, "-m", "coverage", "run", f"--source={PACKAGE}"),
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", *leave),
        *("-n", str(os.cpu_count() or 1), "--dist", "loadfile"),
    ]
    return subprocess.run(command, cwd=ROOT, env=_variables(data), check=False).returncode


def read(data: Path) -> Measured:
    """Add up what a run has left in a folder.

    Args:
        data: the folder.

    Raises:
        RuntimeError: there is nothing, or it can't be read.
    """
    if not (data / ".coverage").exists():
        _coverage("combine", "--quiet", str(data), data=data)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        _coverage("json", "--quiet", "-o", str(report), data=data)
        return judged(json.loads(report.read_text(encoding="utf-8")))


def judged(report: Mapping[str, Any]) -> Measured:
    """Read the report that coverage.py writes as JSON.

    Args:
        report: the whole of it.
    """
    total = report["totals"]
    left = [
        Left(path, found["missing_lines"], [(a, b) for a, b in found["missing_branches"]])
        for path, found in sorted(report["files"].items())
        if found["missing_lines"] or found["missing_branches"]
    ]
    return Measured(
        lines=_percent(total["covered_lines"], total["num_statements"]),
        branches=_percent(total["covered_branches"], total["num_branches"]),
        left=left,
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def _variables(data: Path) -> dict[str, str]:
    return {**os.environ, "COVERAGE_FILE": str(data / ".coverage")}


def _coverage(command: str, *arguments: str, data: Path) -> None:
    """Run coverage.py, which grumbles at what killed processes leave."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "coverage", command, *arguments],
        cwd=ROOT,
        env=_variables(data),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"coverage {command} failed: {done.stdout}{done.stderr}")
