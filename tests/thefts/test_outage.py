"""Redis hangs, dies and comes back under load, and each policy does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.thefts.outage import POLICIES, suffer

pytestmark = pytest.mark.once

TIMEOUT = 2.0
"""Seconds: many times the default, so that what waited for it is told from what was held up."""

SECONDS = 5.5


@pytest.mark.parametrize("policy", POLICIES)
def test_an_outage_costs_one_time_out_and_no_session(policy: str, tmp_path: Path) -> None:
    outcome = suffer(tmp_path, policy, seconds=SECONDS, timeout=TIMEOUT)
    assert list(outcome.faults()) == [], str(outcome)
