"""Events are brought into one form, or refused with a text; never a traceback."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.adapters import ADAPTERS
from cookie_sessions.gateway import (
    EventShape,
    Guarded,
    Unreadable,
    guarded,
    readable,
    shape_of,
    synthetic,
)
from tests.gateway.function import at, shop

FIRST = (EventShape.REST, EventShape.ALB_MULTI)
SECOND = (EventShape.HTTP, EventShape.URL)
FIELDS = sorted({name for shape in EventShape for name in synthetic(shape)} | {"cookies"})

texts = st.text(max_size=8) | st.sampled_from(["cookie", "Cookie", "a=1,b=2", "\ud800", "A"])
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda within: st.lists(within, max_size=3) | st.dictionaries(texts, within, max_size=3),
    max_leaves=8,
)


@st.composite
def events(draw: st.DrawFn) -> Any:
    """An event of a shape with some fields replaced, inner ones too; or anything."""
    event = synthetic(draw(st.sampled_from(EventShape)), cookies=["session=1", "session.1=2"])
    at(event, "/read")
    for name in draw(st.lists(st.sampled_from(FIELDS), max_size=3)):
        place = event.get(name)
        if isinstance(place, dict) and place and draw(st.booleans()):
            place[draw(st.sampled_from(sorted(place)) | texts)] = draw(jsons)
        elif draw(st.booleans()):
            event[name] = draw(jsons)
        else:
            event.pop(name, None)
    return draw(st.just(event) | jsons)


@functools.cache
def handler_of(adapter: str) -> Guarded:
    return guarded(ADAPTERS[adapter], shop())


@pytest.mark.parametrize("adapter", ADAPTERS)
@given(event=events())
def test_any_event_gets_an_answer_and_is_left_as_it_was(adapter: str, event: Any) -> None:
    before = repr(event)
    answer = handler_of(adapter)(event, None)
    assert answer["statusCode"] in (200, 308, 400, 404, 405)
    assert repr(event) == before


@given(event=events())
def test_what_was_brought_into_form_keeps_its_shape_and_stays_as_it_is(event: Any) -> None:
    told = ""
    try:
        event = readable(event)
    except Unreadable as refused:
        told = str(refused)
    if told:
        assert "event" in told
        return
    assert shape_of(event) is not None
    assert readable(event) == event


@pytest.mark.parametrize("shape", EventShape)
def test_what_a_gateway_makes_is_read_as_it_is(shape: EventShape) -> None:
    event = synthetic(shape, cookies=["a=1; b=2"])
    given = {name: value for name, value in event.items() if value is not None}
    assert readable(event) == {
        "headers": {
            name: values[-1] for name, values in given.get("multiValueHeaders", {}).items()
        },
        **given,
    }


def cookies_of(event: Any) -> Any:
    """The cookies of an event in their final form."""
    if "cookies" in event:
        return "; ".join(event["cookies"])
    return (event.get("multiValueHeaders") or event["headers"]).get("cookie")


@pytest.mark.parametrize("shape", EventShape)
@pytest.mark.parametrize("missing", [True, False])
def test_without_headers_there_are_no_cookies(shape: EventShape, missing: bool) -> None:
    event = synthetic(shape)
    for name in ("headers", "multiValueHeaders", "cookies"):
        if missing and (name != "multiValueHeaders" or shape is not EventShape.ALB_MULTI):
            event.pop(name, None)
        elif name in event:
            event[name] = None
    assert cookies_of(readable(event)) is None


@pytest.mark.parametrize("shape", FIRST)
def test_lists_of_cookie_lines_become_one_line(shape: EventShape) -> None:
    event = synthetic(shape)
    event["multiValueHeaders"] |= {"Cookie": ["a=1", "b=2,c=3"], "cooKIE": ["d=4"]}
    assert cookies_of(readable(event)) == ["a=1; b=2,c=3; d=4"]


@pytest.mark.parametrize("value", ["a=1; b=2", ["a=1", "b=2"], ["a=1; b=2"]])
@pytest.mark.parametrize("name", ["cookie", "Cookie", "COOKIE"])
@pytest.mark.parametrize("shape", EventShape)
def test_a_cookie_header_of_any_case_and_form_is_read(
    shape: EventShape, name: str, value: object
) -> None:
    event = synthetic(shape)
    field = "multiValueHeaders" if shape is EventShape.ALB_MULTI else "headers"
    event[field][name] = value
    assert cookies_of(readable(event)) in ("a=1; b=2", ["a=1; b=2"])


@pytest.mark.parametrize("shape", SECOND)
def test_the_field_for_cookies_and_the_header_are_read_together(shape: EventShape) -> None:
    event = synthetic(shape, cookies=["a=1"])
    event["headers"]["Cookie"] = "b=2"
    assert readable(event)["cookies"] == ["a=1", "b=2"]
    assert "Cookie" not in readable(event)["headers"]


def test_the_values_of_rest_apis_that_stand_in_one_field_are_in_both() -> None:
    event: dict[str, Any] = synthetic(EventShape.REST) | {"multiValueHeaders": None}
    event["headers"]["X-One"] = "1"
    assert readable(event)["multiValueHeaders"]["X-One"] == ["1"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"headers": "text"}, "headers of the event must be an object"),
        ({"headers": {"cookie": 5}}, "must be texts"),
        ({"headers": {"cookie": [5]}}, "must be texts"),
        ({"body": {}}, "body of the event must be a text"),
        ({"isBase64Encoded": "yes"}, "must be true or false"),
        ({"isBase64Encoded": True, "body": "A"}, "not the base64"),
        ({"isBase64Encoded": True, "body": "\xe9"}, "not the base64"),
        ({"body": "\ud800"}, "half a character"),
    ],
)
@pytest.mark.parametrize("shape", [EventShape.HTTP, EventShape.ALB_SINGLE])
def test_a_field_that_holds_something_else_is_refused_by_its_name(
    shape: EventShape, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(Unreadable, match=told):
        readable(synthetic(shape) | change)


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (EventShape.REST, "httpMethod"),
        (EventShape.ALB_MULTI, "path"),
        (EventShape.HTTP, "rawQueryString"),
    ],
)
def test_a_request_line_that_is_none_is_refused(shape: EventShape, name: str) -> None:
    with pytest.raises(Unreadable, match=name):
        readable(synthetic(shape) | {name: 7})


def test_a_query_that_is_not_percent_encoded_becomes_so() -> None:
    event = synthetic(EventShape.HTTP) | {"rawQueryString": "q=é&r=%C3%A9+1"}
    assert readable(event)["rawQueryString"] == "q=%C3%A9&r=%C3%A9+1"


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("shape", EventShape)
def test_a_path_beyond_octets_reaches_the_application(adapter: str, shape: EventShape) -> None:
    app = Flask("echo")
    app.add_url_rule("/<path:rest>", "echo", lambda rest: rest)
    event = at(synthetic(shape, cookies=["name=日本"]), "/日本")
    assert guarded(ADAPTERS[adapter], app)(event, None)["body"] == "日本"


def test_a_body_of_base64_arrives_as_its_octets() -> None:
    app = Flask("echo")
    app.add_url_rule("/", "echo", lambda: request.get_data().hex(), methods=["POST"])
    for make in ADAPTERS.values():
        handler = guarded(make, app)
        for shape in EventShape:
            event: dict[str, Any] = synthetic(shape) | {"body": "AP8=", "isBase64Encoded": True}
            # Gateways pass it on, and a2wsgi has no length of its own.
            if shape is EventShape.ALB_MULTI:
                event["multiValueHeaders"]["content-length"] = ["2"]
            else:
                event["headers"]["content-length"] = "2"
            if shape in SECOND:
                event["requestContext"]["http"]["method"] = "POST"
            else:
                event["httpMethod"] = "POST"
            assert handler(event, None)["body"] == "00ff"
