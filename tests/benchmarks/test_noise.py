"""A run that is too noisy says so."""

from __future__ import annotations

import pytest

from benchmarks.noise import between, is_noisy, loose, verdict
from benchmarks.requests import Cell
from benchmarks.timing import Spread


@pytest.mark.parametrize(
    ("control", "noisy"),
    [
        (Spread(0.97, 1.0, 1.03), False),
        (Spread(0.94, 1.0, 1.06), True),
        (Spread(1.05, 1.06, 1.07), True),
        (Spread(0.92, 0.93, 0.94), True),
    ],
)
def test_a_control_that_spreads_or_lies_apart_is_noise(control: Spread, noisy: bool) -> None:
    assert is_noisy(control) is noisy
    told = verdict(control, what="Flask's interface", rounds=12)
    assert told.startswith("Control, Flask's interface against itself over 12 rounds: ")
    assert ("Too much noise" in told) is noisy


def test_a_candidate_against_itself_is_compared_in_requests_that_read() -> None:
    cells = [
        Cell(operation, "login", True, {"no session": [1.0], "one": [2.0], "again": [again]})
        for operation, again in (("read", 3.0), ("change", 9.0), ("read", 9.0))
    ]
    assert between(cells, "again", "one") == Spread(4.0, 4.0, 4.0)


def test_figures_that_spread_too_far_for_a_mark_are_named() -> None:
    steady, wide = Spread(0.9, 1.0, 1.1), Spread(0.8, 1.0, 1.2)
    assert loose({"open": steady, "seal": steady}) == ""
    told = loose({"open": steady, "seal": wide, "import": wide})
    assert told.startswith("**Too much noise**")
    assert told.endswith(": seal; import.")
