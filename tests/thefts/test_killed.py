"""What was acknowledged as ended stays so, whoever is killed right after; the command does more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.thefts.killed import FEWEST_ROUNDS, kill_servers, kill_writers

pytestmark = pytest.mark.once

REVOCATIONS = 200


def test_no_revocation_is_lost_with_the_process_that_wrote_it_to_sqlite(tmp_path: Path) -> None:
    outcome = kill_writers(tmp_path, revocations=REVOCATIONS)
    assert outcome.lost == 0, str(outcome)
    assert outcome.acknowledged >= REVOCATIONS
    assert outcome.rounds >= FEWEST_ROUNDS


def test_no_revocation_is_lost_with_a_redis_server_that_syncs_always(tmp_path: Path) -> None:
    outcome = kill_servers(tmp_path, revocations=REVOCATIONS)
    assert outcome.lost == 0, str(outcome)
    assert outcome.acknowledged >= REVOCATIONS
    assert outcome.rounds >= FEWEST_ROUNDS
