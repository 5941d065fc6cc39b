"""The measuring of what tests reach: it counts both ways of a branch, in other processes too."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import missing
from tests.coverage import __main__ as program
from tests.coverage.measuring import LEFT_OUT, PACKAGE, ROOT, SPOILED, Left, Measured, judged

REPORT = {
    "totals": {
        "covered_lines": 97,
        "num_statements": 98,
        "covered_branches": 9,
        "num_branches": 12,
    },
    "files": {
        "a.py": {"missing_lines": [4], "missing_branches": [[3, 4], [4, 5], [7, -6]]},
        "b.py": {"missing_lines": [], "missing_branches": []},
    },
}


def test_lines_and_branches_are_counted_apart() -> None:
    measured = judged(REPORT)
    assert (round(measured.lines, 2), measured.branches) == (98.98, 75.0)
    assert measured.left == [Left("a.py", [4], [(3, 4), (4, 5), (7, -6)])]


def test_what_is_left_is_told_with_its_reason_and_what_has_none_is_named() -> None:
    listed = {"gone.py": "It was hard."}
    text = program.told(judged(REPORT), listed)
    assert "a.py: 4, 3 to 4, 7 to the end\n    NOT LISTED" in text
    assert "gone.py is listed, and nothing of it is left." in text
    assert "That is too little" in text
    assert program.unlisted(judged(REPORT), listed) == {"a.py"}
    assert "It was hard" in program.told(judged(REPORT), {"a.py": "It was hard."})
    assert program.unlisted(judged(REPORT), {"a.py": "It was hard."}) == set()


def test_lines_do_not_make_up_for_branches() -> None:
    assert not program.enough(Measured(100, 97.99, []))
    assert not program.enough(Measured(97.99, 100, []))
    assert program.enough(Measured(98, 98, []))
    assert "That is enough" in program.told(Measured(98, 98, []), {})


def test_every_folder_and_every_reason_is_of_a_file_that_is_there() -> None:
    for folder in LEFT_OUT:
        assert (ROOT / folder).is_dir(), folder
    for name in SPOILED:
        path, _, test = name.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
    for path, reason in program.reasons().items():
        assert (ROOT / path).is_relative_to(PACKAGE)
        assert (ROOT / path).is_file(), path
        assert reason.endswith(".")


def test_a_process_that_a_test_starts_is_measured_too(tmp_path: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["coverage"]["run"]["branch"] is True
    assert "subprocess" in settings["tool"]["coverage"]["run"]["patch"]
    if subprocess.run([sys.executable, "-c", "import coverage"], check=False).returncode:
        missing("coverage.py", "pip install --group coverage")
    (tmp_path / "inner.py").write_text("def inner(x):\n    if x:\n        return 1\n    return 2\n")
    start = "import subprocess, sys; "
    start += (
        "subprocess.run([sys.executable, '-c', 'from inner import inner; inner(1)'], check=True)"
    )
    (tmp_path / "outer.py").write_text(start)
    command = [sys.executable, "-m", "coverage"]
    rc = f"--rcfile={ROOT / 'pyproject.toml'}"
    subprocess.run(
        [*command, "run", rc, f"--source={tmp_path}", "outer.py"], cwd=tmp_path, check=True
    )
    subprocess.run([*command, "combine", rc, "--quiet"], cwd=tmp_path, check=True)
    report = [*command, "report", rc, "--show-missing", "--include=*/inner.py"]
    done = subprocess.run(report, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "inner.py" in done.stdout
    assert done.stdout.splitlines()[2].split()[-1] == "4", done.stdout
