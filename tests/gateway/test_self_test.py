"""What adapters do is what the table of known ones says, and any other is found out."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.adapters import ADAPTERS
from cookie_sessions.adapters import KNOWN
from cookie_sessions.gateway import EventShape, examine, readable
from cookie_sessions.gateway.self_test import set_cookie_lines
from tests.gateway.function import CUTTING, PAIRS


@pytest.mark.parametrize(("adapter", "shape"), PAIRS)
def test_the_known_adapters_do_what_the_table_says(adapter: str, shape: EventShape) -> None:
    found = examine(ADAPTERS[adapter], shape, change=readable)
    assert found.kept == KNOWN.get((adapter, shape.value), 2)
    assert found.takes_all
    assert found.joint.strip() == ";"
    assert bool(found.remedy) is ((adapter, shape) in CUTTING)


def test_the_table_of_known_adapters_has_the_shapes_of_the_code() -> None:
    assert {(adapter, EventShape(shape)) for adapter, shape in KNOWN} == {*CUTTING}


def answering(change: Any) -> Any:
    """An adapter as apig-wsgi for load balancers, whose answer is changed."""

    def make(application: Any) -> Any:
        handler = ADAPTERS["apig-wsgi"](application)
        return lambda event, context: change(handler(event, context))

    return make


def joining(answer: dict[str, Any]) -> dict[str, Any]:
    headers = answer["multiValueHeaders"]
    return answer | {
        "multiValueHeaders": headers | {"Set-Cookie": [", ".join(headers["Set-Cookie"])]}
    }


def test_set_cookie_lines_that_are_joined_by_commas_are_found() -> None:
    found = examine(answering(joining), EventShape.ALB_MULTI)
    assert (found.kept, found.are_joined, found.keeps_all) == (1, True, False)
    assert "another adapter" in found.remedy


def test_an_adapter_that_takes_all_cookies_away_keeps_none() -> None:
    found = examine(answering(lambda _: {"statusCode": 200}), EventShape.ALB_MULTI)
    assert (found.kept, found.are_joined) == (0, False)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"headers": None, "cookies": 5},
        {"headers": {"Set-Cookie": [5]}, "cookies": [None]},
    ],
)
def test_an_answer_of_any_form_is_read(answer: Any) -> None:
    for shape in EventShape:
        assert examine(answering(lambda _: answer), shape).kept == 0


def test_an_adapter_that_raises_is_told_by_the_kind_of_its_error() -> None:
    def refuse(_answer: object) -> None:
        raise LookupError

    found = examine(answering(refuse), EventShape.REST)
    assert (found.fault, found.keeps_all, found.takes_all) == ("LookupError", False, False)


def test_a_gateway_reads_each_field_that_its_documentation_names() -> None:
    answer = {
        "headers": {"set-cookie": "a=1", "Set-Cookie": "b=2"},
        "multiValueHeaders": {"set-cookie": ["c=3", "d=4"]},
        "cookies": ["e=5"],
    }
    assert {shape: set_cookie_lines(answer, shape) for shape in EventShape} == {
        EventShape.REST: ["c=3", "d=4"],
        EventShape.HTTP: ["e=5", "b=2"],
        EventShape.URL: ["e=5", "b=2"],
        EventShape.ALB_SINGLE: ["a=1", "b=2"],
        EventShape.ALB_MULTI: ["c=3", "d=4"],
    }
