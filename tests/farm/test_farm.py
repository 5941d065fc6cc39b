"""Keys are rotated under real servers and many visitors, and nobody notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.farm.rotation import Outcome, farm, hasty_farm
from tests.farm.visited import WORKERS

pytestmark = pytest.mark.once

REQUESTS = 10_000
ROTATIONS = 5
JARS = 60


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("farm")
    return farm(folder, requests=REQUESTS, rotations=ROTATIONS, jars=JARS)


def test_no_session_is_lost_and_no_answer_is_an_error(outcome: Outcome) -> None:
    assert (outcome.tally.lost, outcome.tally.failures) == (0, 0), str(outcome)
    assert outcome.refused == 0, outcome.log
    assert outcome.tally.requests >= REQUESTS
    assert outcome.rotations == ROTATIONS


def test_every_jar_ends_sealed_by_the_newest_key(outcome: Outcome) -> None:
    assert outcome.tally.kids == {outcome.newest: JARS}


def test_every_jar_was_sealed_anew_under_each_key(outcome: Outcome) -> None:
    assert outcome.tally.resealed == JARS * ROTATIONS
    # One that is held up at a key's first moment may seal with the last once more, and no longer.
    assert outcome.tally.returned <= ROTATIONS


def test_every_worker_served_requests_and_told_of_the_last_generation(outcome: Outcome) -> None:
    assert len(outcome.tally.workers) == WORKERS
    assert outcome.loaded == set(outcome.tally.workers)


def test_keys_that_seal_before_others_can_know_them_do_lose_sessions(tmp_path: Path) -> None:
    hasty = hasty_farm(tmp_path, rotations=2)
    assert hasty.tally.lost > 0
    assert hasty.refused > 0
    assert "rejected reason=unknown_kid" in hasty.log
    assert not hasty.is_clean
