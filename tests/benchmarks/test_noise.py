"""A run that is too noisy says so."""

from __future__ import annotations

import pytest

from benchmarks import comparison
from benchmarks.comparison import DUMPS, LOADS, Comparison, Turn
from benchmarks.noise import between, is_noisy, loose, verdict
from benchmarks.peers import DEFAULT, FERNET, OURS
from benchmarks.requests import CONTROL, EMPTY, Cell
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


def test_requests_of_peers_that_spread_too_far_are_named_below_their_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steady, wide = [3.0, 3.0, 3.0], [3.0, 9.0, 3.0]
    times = {EMPTY: [1.0, 1.0, 1.0], OURS: [2.0, 2.0, 2.0], DEFAULT: steady, CONTROL: steady}
    theirs = dict.fromkeys(("untouched", "read", "rewrite"), steady) | {"change": wide}
    cells = [
        Cell(operation, "login", permanent=True, times={**times, FERNET: taken})
        for operation, taken in theirs.items()
    ]
    turns = [
        Turn(name, "login", what, [1.0, 1.0, 1.0])
        for name in (OURS, DEFAULT, CONTROL)
        for what in (DUMPS, LOADS)
    ]
    found = Comparison(turns, {"login": {OURS: 1.0, DEFAULT: 1.0}}, cells)
    monkeypatch.setattr(comparison, "measure", lambda **_: found)
    quote = comparison.report(count=1, repeats=1, seconds=0).quotes["peers-requests"]
    assert quote.endswith("which is not to be quoted: change, Fernet.")
