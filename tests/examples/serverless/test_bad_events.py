"""Events whose cookies no gateway would send, or only an odd one: nobody's page, never a crash."""

from __future__ import annotations

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

FORM = ("Content-Type", "application/x-www-form-urlencoded")


@pytest.fixture
def jotters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Adapted]]:
    """The jotter by an adapter, without a list or a store."""
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


def cookie_of(answer: Answer) -> str:
    (line,) = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    return line.partition(";")[0]


def signed_in(function: Adapted) -> str:
    """The cookie of Ada, with its name."""
    first = function.ask("rest", request())
    token = re.findall(rb'csrf_token" value="([^"]+)"', first.body)[0]
    headers = [FORM, ("Cookie", cookie_of(first))]
    body = b"name=Ada&password=demo&csrf_token=" + token
    answer = function.ask("rest", request("/sign-in", method="POST", headers=headers, body=body))
    assert answer.status == 303
    return cookie_of(answer)


def with_cookies(shape: str, cookies: Any, *, name: str = "cookie") -> Event:
    """An event in which whatever holds the cookies is this."""
    event = GATEWAYS[shape].event(request())
    if shape in ("http", "url") and name == "cookie":
        event["cookies"] = cookies
        return event
    for member in ("headers", "multiValueHeaders"):
        if member in event:
            listed = member == "multiValueHeaders" and isinstance(cookies, str)
            event[member][name] = [cookies] if listed else cookies
    return event


def page(function: Adapted, shape: str, event: Event) -> Answer:
    return GATEWAYS[shape].answer(function.invoke(event))


PAIRS = [(shape, adapter) for shape in GATEWAYS for adapter in HANDLERS]
BY_NAME = [pair for pair in PAIRS if pair[0] not in ("http", "url")]


@pytest.mark.parametrize(("shape", "adapter"), PAIRS)
def test_the_cookie_of_a_session_is_read(
    shape: str, adapter: str, jotters: Callable[[str], Adapted]
) -> None:
    function = jotters(adapter)
    cookie = signed_in(function)
    cookies = [cookie] if shape in ("http", "url") else cookie
    assert b"<b>Ada</b>" in page(function, shape, with_cookies(shape, cookies)).body


@pytest.mark.parametrize("name", ["Cookie", "COOKIE", "cOOkie"])
@pytest.mark.parametrize(("shape", "adapter"), PAIRS)
def test_the_case_of_the_headers_name_does_not_matter(
    shape: str, adapter: str, name: str, jotters: Callable[[str], Adapted]
) -> None:
    function = jotters(adapter)
    event = with_cookies(shape, signed_in(function), name=name)
    assert b"<b>Ada</b>" in page(function, shape, event).body


@pytest.mark.parametrize("shape", ["http", "url"])
@pytest.mark.parametrize("adapter", HANDLERS)
def test_an_empty_or_absent_array_is_no_session(
    shape: str, adapter: str, jotters: Callable[[str], Adapted]
) -> None:
    function = jotters(adapter)
    for event in (with_cookies(shape, []), GATEWAYS[shape].event(request())):
        answer = page(function, shape, event)
        assert answer.status == 200
        assert b"<b>" not in answer.body


DAMAGED = ["", ";", "jotter", "jotter=", "jotter=x", "=;=;=", "jotter=a, jotter.1=b", "\x00", "ä=ü"]


@pytest.mark.parametrize("cookies", DAMAGED)
@pytest.mark.parametrize(("shape", "adapter"), PAIRS)
def test_what_is_no_cookie_of_ours_is_nobodys_page(
    shape: str, adapter: str, cookies: str, jotters: Callable[[str], Adapted]
) -> None:
    given = [cookies] if shape in ("http", "url") else cookies
    answer = page(jotters(adapter), shape, with_cookies(shape, given))
    assert answer.status == 200
    assert b"<b>" not in answer.body


@pytest.mark.parametrize(("shape", "adapter"), PAIRS)
def test_the_cookie_lines_of_two_clients_joined_by_commas_are_nobodys(
    shape: str, adapter: str, jotters: Callable[[str], Adapted]
) -> None:
    function = jotters(adapter)
    joined = f"other=1,{signed_in(function)}"
    cookies = [joined] if shape in ("http", "url") else joined
    answer = page(function, shape, with_cookies(shape, cookies))
    assert answer.status == 200
    assert b"<b>" not in answer.body


@pytest.mark.parametrize("cookies", [None, {"jotter": "x"}, 7])
@pytest.mark.parametrize(("shape", "adapter"), PAIRS)
def test_a_value_of_another_type_is_nobodys_page_or_a_fault_of_the_adapter(
    shape: str, adapter: str, cookies: Any, jotters: Callable[[str], Adapted]
) -> None:
    function = jotters(adapter)
    try:
        answer = page(function, shape, with_cookies(shape, cookies))
    except (AttributeError, TypeError):
        # No gateway sends that, and the adapter gave up before any of our code ran.
        return
    assert answer.status == 200
    assert b"<b>" not in answer.body
