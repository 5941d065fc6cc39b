"""The fields of a query in events of the first format."""

from __future__ import annotations

import pytest

from cookie_sessions.gateway import EventShape, Unreadable, readable, synthetic


def test_a_query_is_kept_and_lists_are_lists() -> None:
    event = synthetic(EventShape.REST)
    event["queryStringParameters"] = {"a": "2", "none": None}
    event["multiValueQueryStringParameters"] = {"a": ["1", "2"]}
    found = readable(event)
    assert found["queryStringParameters"] == {"a": "2"}
    assert found["multiValueQueryStringParameters"] == {"a": ["1", "2"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("queryStringParameters", {"a": 7}),
        ("queryStringParameters", "a=7"),
        ("multiValueQueryStringParameters", {"a": [7]}),
    ],
)
def test_a_query_of_another_form_is_unreadable(name: str, value: object) -> None:
    event = synthetic(EventShape.ALB_MULTI)
    event[name] = value
    with pytest.raises(Unreadable):
        readable(event)
