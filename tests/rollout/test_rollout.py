"""A rolling deployment into sealed sessions and back, under real servers and real restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rollout.application import MOVED, NEVER_MOVED, SEALS, WRITES_FLASKS
from tests.rollout.deployment import Outcome, deploy
from tests.rollout.fleet import Stage

pytestmark = pytest.mark.once

REQUESTS = 2000
THERE_AND_BACK = [NEVER_MOVED, WRITES_FLASKS, SEALS, WRITES_FLASKS, NEVER_MOVED]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return deploy(THERE_AND_BACK, requests=REQUESTS, folder=tmp_path_factory.mktemp("rollout"))


def sent(outcome: Outcome, step: int) -> set[str | None]:
    """The forms of the cookies that the instances at a step were sent."""
    return {one.sent for one in outcome.seen if one.step == step}


def test_nobody_is_logged_out_and_nothing_written_is_lost(outcome: Outcome) -> None:
    assert (outcome.log_outs, outcome.lost_writes) == (0, 0), str(outcome)
    assert outcome.requests >= REQUESTS
    assert sum(outcome.seen.values()) >= REQUESTS


def test_every_instance_was_restarted_at_every_step_with_requests_under_way(
    outcome: Outcome,
) -> None:
    assert outcome.restarts == 3 * 4
    assert [stage.steps for stage in outcome.stages if not stage.is_mixed] == [
        (step, step, step) for step in THERE_AND_BACK
    ]
    assert sum(stage.is_mixed for stage in outcome.stages) == 2 * 4
    # The visitors went on meanwhile, so some of them came to an instance that was away.
    assert outcome.retries > 0


def test_in_every_mix_instances_of_both_kinds_served_requests(outcome: Outcome) -> None:
    served: dict[Stage, set[int]] = {}
    for one in outcome.seen:
        served.setdefault(one.stage, set()).add(one.step)
    assert served == {stage: set(stage.steps) for stage in outcome.stages}


def test_each_instance_wrote_the_form_of_its_step_and_no_other(outcome: Outcome) -> None:
    written = {(one.stage, one.step, one.written) for one in outcome.seen if one.written}
    assert written == {
        (stage, step, "sealed" if step == SEALS else "signed")
        for stage in outcome.stages
        for step in stage.steps
    }


def test_each_form_arrived_where_it_is_to_be_read_and_nowhere_else(outcome: Outcome) -> None:
    assert sent(outcome, NEVER_MOVED) == {None, "signed"}
    assert sent(outcome, WRITES_FLASKS) == {"signed", "sealed"}
    assert sent(outcome, SEALS) == {"signed", "sealed"}


@pytest.mark.parametrize(
    ("step", "other", "form"), [(WRITES_FLASKS, "sealed", "signed"), (SEALS, "signed", "sealed")]
)
def test_every_request_that_used_its_session_replaces_a_cookie_of_the_other_form(
    outcome: Outcome, step: int, other: str, form: str
) -> None:
    arrived = [one for one in outcome.seen if (one.step, one.sent) == (step, other)]
    assert {one.written for one in arrived if one.used} == {form}
    assert {one.written for one in arrived if not one.used} <= {form, None}


def test_the_servers_had_nothing_to_say(outcome: Outcome) -> None:
    assert outcome.log == ""


@pytest.mark.parametrize("step", [SEALS, MOVED])
def test_leaving_out_a_step_does_log_visitors_out(step: int, tmp_path: Path) -> None:
    hasty = deploy([NEVER_MOVED, step], requests=80, folder=tmp_path, instances=2, visitors=4)
    assert hasty.log_outs > 0
