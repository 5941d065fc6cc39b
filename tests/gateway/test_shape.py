"""Each gateway's events are known by their shape, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions.cli.doctor.command import SHAPES
from cookie_sessions.gateway import EventShape, shape_of, synthetic


@pytest.mark.parametrize("shape", EventShape)
def test_a_synthetic_event_has_the_shape_that_it_was_made_of(shape: EventShape) -> None:
    assert shape_of(synthetic(shape, cookies=["a=1; b=2", "c=3"])) is shape
    assert shape.label


def test_the_command_offers_every_shape() -> None:
    assert list(SHAPES) == [shape.value for shape in EventShape]


@pytest.mark.parametrize(
    "event",
    [
        *(None, 1, "text", [], {}, {"requestContext": None}, {"version": "2.0"}),
        {"version": "2.0", "requestContext": {"http": None}},
        {"version": "3.0", "httpMethod": "GET", "path": "/"},
        {"source": "aws.events", "detail-type": "Scheduled Event"},
        {"Records": [{"eventSource": "aws:sqs"}]},
    ],
)
def test_what_no_gateway_makes_has_no_shape(event: Any) -> None:
    assert shape_of(event) is None
