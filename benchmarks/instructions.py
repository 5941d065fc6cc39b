"""``python -m benchmarks instructions``: what is run for each operation, counted and not timed.

valgrind counts the instructions of the processor, those of OpenSSL and zstd included. Two runs, one
of twice as many operations as the other: their difference is free of starting and of warming up.
Beside them stand the instructions of Python in our own code, which no machine changes.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks import bytecodes, machine
from benchmarks.baselines import MOST, Baseline
from benchmarks.counted import NAMES, NOTHING, OPEN, SEAL, SHAPE
from benchmarks.publication import ROOT, Report
from benchmarks.tables import table

_LIBRARIES: Final = ("cryptography", "ormsgpack", "zstandard", "Flask", "Werkzeug")
_COUNTED: Final = re.compile(r"I\s+refs:\s+([0-9,]+)")
_TITLES: Final = {
    OPEN: "open",
    SEAL: "pack and seal",
    "untouched": "the session of a request that does not touch it",
    "read": "the session of a request that reads one key",
    "change": "the session of a request that changes one scalar",
}


def why_not() -> str:
    """Why instructions can't be counted here, and the remedy; empty where they can."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed: apt-get install valgrind"
    return ""


def baseline() -> Baseline:
    """The stored counts: they depend on processor, interpreter and libraries."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    key = f"{platform.machine()}, {python}, {libraries}"
    return Baseline(Path(__file__).with_name("instructions.json"), key)


def report(*, number: int, names: Sequence[str] = NAMES, store: bool = False) -> Report:
    """Count, compare with the stored counts, and say it.

    Args:
        number: how many operations the shorter of two runs does.
        names: which ones; requests need the one without a session, too.
        store: whether these counts are from now on the stored ones.
    """
    reason = why_not()
    processor = {} if reason else measure(names, number=number)
    python = bytecodes.measure()
    stored = baseline()
    if store:
        if processor:
            stored.write(processor)
        bytecodes.BASELINE.write(python)
    figures = table(
        [
            *("", "instructions of the processor", "times the stored count"),
            *("instructions of Python, ours alone", "times the stored count"),
        ],
        [
            [title, *_cells(processor, stored, name), *_cells(python, bytecodes.BASELINE, name)]
            for name, title in _TITLES.items()
        ],
    )
    text = [
        "# Counted",
        *machine.describe(),
        (
            f"For one session of the shape {SHAPE}; those of requests are less the same request "
            f"without a session. More than {MOST} times the stored count is a regression; where it "
            f"is meant, store the new one: python -m benchmarks instructions --store."
        ),
        *([f"Not counted: {reason}."] if reason else []),
        figures,
        f"Stored for: {stored.key}; {bytecodes.BASELINE.key}.",
    ]
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"instructions": figures},
        figures={"instructions": processor, "bytecodes": python},
    )


def measure(names: Sequence[str] = NAMES, *, number: int) -> dict[str, float]:
    """Instructions of the processor for one of each operation."""
    runs = [(name, many) for name in names for many in (number, 2 * number)]
    # A count does not depend on what else the machine does.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        counts = dict(zip(runs, pool.map(_count, runs), strict=True))
    each = {name: (counts[name, 2 * number] - counts[name, number]) / number for name in names}
    nothing = each.pop(NOTHING, 0.0)
    return {
        name: round(count if name in (OPEN, SEAL) else count - nothing)
        for name, count in each.items()
    }


def _count(run: tuple[str, int]) -> int:
    name, number = run
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run(
        [*command, sys.executable, "-m", "benchmarks.counted", name, str(number)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = _COUNTED.search(done.stderr)
    if done.returncode or found is None:
        raise RuntimeError(
            f"valgrind did not count {name}, so there are no figures. It ended with: "
            f"{done.stderr.strip()[-300:]}"
        )
    return int(found[1].replace(",", ""))


def _cells(counts: Mapping[str, float], stored: Baseline, name: str) -> list[str]:
    if name not in counts:
        return ["not counted", ""]
    return [f"{counts[name]:,.0f}", stored.verdict(name, counts[name])]
