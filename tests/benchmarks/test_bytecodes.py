"""No operation runs five percent more instructions of Python than when it was last agreed to.

The counts are CPython's own, in a process of their own, of our code alone, so they depend on
nothing but that code and the minor version of Python.
"""

from __future__ import annotations

import pytest

from benchmarks import bytecodes
from benchmarks.baselines import MOST
from benchmarks.bytecodes import BASELINE, NAMES


@pytest.fixture(scope="module")
def counts() -> dict[str, float]:
    return bytecodes.measure()


def test_the_same_operation_is_the_same_count_in_another_process(counts: dict[str, float]) -> None:
    assert bytecodes.measure() == counts


def test_every_operation_runs_code_of_ours(counts: dict[str, float]) -> None:
    assert set(counts) == set(NAMES)
    assert min(counts.values()) > 100
    assert counts["untouched"] < counts["read"] < counts["change"]


def test_no_count_is_five_percent_above_the_stored_one(counts: dict[str, float]) -> None:
    stored = BASELINE.read()
    if stored is None:
        pytest.skip(f"{BASELINE.path.name} has no counts for {BASELINE.key}")
    assert set(stored) == set(NAMES)
    worse = BASELINE.regressions(counts)
    told = ", ".join(f"{name}: {ratio:.3f} times" for name, ratio in worse.items())
    assert not worse, (
        f"{told} what is stored, and {MOST} is the most. Find out where with: "
        f"python -m benchmarks profile cart read. If the change is worth it, store the new counts "
        f"with this Python and say why in the commit: "
        f"python -m benchmarks instructions --python-only --store"
    )
