"""Events that no gateway would send, or only an odd one: a clear 400 or nobody's page, no crash."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.keys import new_jwk_set
from jotter.application import create_app
from serverless.__main__ import HANDLERS
from serverless.exchange import Answer, Event
from serverless.gateway import GATEWAYS
from tests.examples.serverless.adapter import Adapted, request
from tests.examples.serverless.test_story import ALL

FORM = ("Content-Type", "application/x-www-form-urlencoded")
SECOND = ("http", "url")
"""Gateways whose events have an array of cookies."""

Jotters = Callable[[str], Adapted]
everywhere = pytest.mark.parametrize(("shape", "adapter"), ALL)


@pytest.fixture
def jotters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Jotters]:
    """The jotter by an adapter, without a list or a store; afterwards no log has a traceback."""
    keys = tmp_path / "keys.json"
    keys.write_text(new_jwk_set())
    keys.chmod(0o600)
    monkeypatch.setenv("JOTTER_COOKIE_SESSIONS_KEYS", f"file:{keys}")
    made: list[Adapted] = []

    def make(adapter: str) -> Adapted:
        made.append(Adapted(adapter, create_app()))
        return made[-1]

    yield make
    for function in made:
        function.__exit__()
    records = caplog.get_records("call")
    assert not [each for each in records if each.exc_info or each.levelno >= logging.ERROR]


def cookie_of(answer: Answer) -> str:
    (line,) = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    return line.partition(";")[0]


def sign_in_event(function: Adapted, shape: str) -> Event:
    """Ada's form as she sends it."""
    first = function.ask(shape, request())
    token = re.findall(rb'csrf_token" value="([^"]+)"', first.body)[0]
    headers = [FORM, ("Cookie", cookie_of(first))]
    body = b"name=Ada&password=demo&csrf_token=" + token
    return GATEWAYS[shape].event(request("/sign-in", method="POST", headers=headers, body=body))


def signed_in(function: Adapted) -> str:
    """The cookie of Ada, with its name."""
    answer = page(function, "rest", sign_in_event(function, "rest"))
    assert answer.status == 303
    return cookie_of(answer)


def with_cookies(shape: str, cookies: Any, *, name: str = "cookie") -> Event:
    """An event in which whatever holds the cookies is this."""
    event = GATEWAYS[shape].event(request())
    if shape in SECOND and name == "cookie":
        event["cookies"] = cookies
        return event
    for member in ("headers", "multiValueHeaders"):
        if member in event:
            event[member][name] = cookies
    return event


def page(function: Adapted, shape: str, event: Any) -> Answer:
    return GATEWAYS[shape].answer(function.invoke(event))


def is_adas(answer: Answer) -> bool:
    """Whether it is Ada's page, and not nobody's."""
    assert answer.status == 200
    assert answer.body.startswith(b"<!doctype html>")
    assert (b"<b>Ada</b>" in answer.body) is (b"<b>" in answer.body)
    return b"<b>Ada</b>" in answer.body


def is_refused(answer: Answer) -> bool:
    """Whether it is a 400 that says what is wrong with the event, and sets nothing."""
    names = {name.lower() for name, _ in answer.headers}
    told = b"event" in answer.body and b"Traceback" not in answer.body
    return answer.status == 400 and told and "set-cookie" not in names


@pytest.mark.parametrize("name", ["cookie", "Cookie", "COOKIE", "cOOkie"])
@everywhere
def test_a_session_is_read_whatever_the_case_and_form_of_its_header(
    shape: str, adapter: str, name: str, jotters: Jotters
) -> None:
    function = jotters(adapter)
    cookie = signed_in(function)
    for cookies in (cookie, [cookie], [f"other=1; {cookie}"], ["other=1", cookie, "theme=a,b"]):
        assert is_adas(page(function, shape, with_cookies(shape, cookies, name=name)))


@everywhere
def test_what_is_null_or_absent_is_no_session(shape: str, adapter: str, jotters: Jotters) -> None:
    function = jotters(adapter)
    for cookies in (None, [], [""]):
        assert not is_adas(page(function, shape, with_cookies(shape, cookies)))
    # A load balancer's event with null in the place of its lists has the other form.
    answered_as = "alb-single" if shape == "alb-multi" else shape
    for member in ("headers", "multiValueHeaders"):
        event = GATEWAYS[shape].event(request())
        if member in event:
            event[member] = None
            assert not is_adas(page(function, answered_as, event))


DAMAGED = ["", ";", "jotter", "jotter=", "jotter=x", "=;=;=", "jotter=a, jotter.1=b", "\x00", "ä=ü"]


@pytest.mark.parametrize("cookies", DAMAGED)
@everywhere
def test_what_is_no_cookie_of_ours_is_nobodys_page(
    shape: str, adapter: str, cookies: str, jotters: Jotters
) -> None:
    function = jotters(adapter)
    for given in (cookies, [cookies], [cookies, cookies]):
        assert not is_adas(page(function, shape, with_cookies(shape, given)))


@everywhere
def test_the_cookie_lines_of_two_clients_joined_by_commas_are_nobodys(
    shape: str, adapter: str, jotters: Jotters
) -> None:
    function = jotters(adapter)
    cookie = signed_in(function)
    for joint in (",", ", "):
        for cookies in (f"other=1{joint}{cookie}", [f"other=1{joint}{cookie}"]):
            assert not is_adas(page(function, shape, with_cookies(shape, cookies)))


@pytest.mark.parametrize("cookies", [{"jotter": "x"}, 7, [7], [None], [["jotter=x"]], "\ud800"])
@everywhere
def test_a_value_of_another_type_is_refused(
    shape: str, adapter: str, cookies: Any, jotters: Jotters
) -> None:
    assert is_refused(page(jotters(adapter), shape, with_cookies(shape, cookies)))


@everywhere
def test_a_form_is_read_as_base64_and_as_text(shape: str, adapter: str, jotters: Jotters) -> None:
    function = jotters(adapter)
    event = sign_in_event(function, shape)
    assert event["isBase64Encoded"] is True
    text = base64.b64decode(event["body"]).decode()
    for sent in (event, event | {"body": text, "isBase64Encoded": False}):
        assert page(function, shape, sent).status == 303


@pytest.mark.parametrize(
    "change",
    [
        {"body": "A"},
        {"body": "ä"},
        {"body": 7},
        {"body": ["bmFtZT1BZGE="]},
        {"isBase64Encoded": "true"},
        {"isBase64Encoded": 2},
    ],
)
@everywhere
def test_a_body_that_is_not_what_it_says_is_refused(
    shape: str, adapter: str, change: dict[str, Any], jotters: Jotters
) -> None:
    function = jotters(adapter)
    assert is_refused(page(function, shape, sign_in_event(function, shape) | change))


ELSEWHERE: list[Any] = [
    *(None, [], "event", 7, {}),
    {"source": "aws.events", "detail-type": "Scheduled Event"},
    {"Records": [{"eventSource": "aws:sqs", "body": "{}"}]},
    {"version": "3.0", "httpMethod": "GET", "path": "/", "headers": {}},
    {"type": "TOKEN", "authorizationToken": "jotter=x", "methodArn": "arn"},
    {"requestContext": {"connectionId": "a", "eventType": "MESSAGE"}, "body": "{}"},
]


@pytest.mark.parametrize("event", ELSEWHERE)
@pytest.mark.parametrize("adapter", HANDLERS)
def test_an_event_that_is_no_request_is_refused_and_told_what_would_be_one(
    adapter: str, event: Any, jotters: Jotters
) -> None:
    function = jotters(adapter)
    for shape in GATEWAYS:
        answer = page(function, shape, event)
        assert is_refused(answer)
        assert b"This function answers HTTP requests that come from API Gateway" in answer.body
