"""The local front over real HTTP, and the sandbox behind it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serverless.exchange import BadAnswerError
from serverless.front import HOST, Front
from serverless.gateway import GATEWAYS
from serverless.sandbox import SECONDS, Sandbox

ECHO = """
import json
seen = []

def handler(event, context):
    seen.append(context.aws_request_id)
    left = context.get_remaining_time_in_millis()
    told = {"event": event, "ids": seen, "left": left, "name": context.function_name}
    return {"statusCode": 200, "headers": {"x-one": "1"}, "body": json.dumps(told)}
"""
FAILS_ONCE = """
from pathlib import Path
mark = Path(__file__).with_suffix(".mark")
if not mark.exists():
    mark.touch()
    raise RuntimeError("not yet")

def handler(event, context):
    return {"statusCode": 204}
"""
WRONG = """
def handler(event, context):
    if event["rawPath"] == "/raise":
        raise KeyError("secret")
    return {"statusCode": 200, "body": {1, 2}}
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path; what was loaded from it is forgotten."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) == str(tmp_path / f"{name}.py"):
            del sys.modules[name]


@contextlib.contextmanager
def serving(modules: Path, source: str, *, shape: str = "http") -> Iterator[int]:
    """A front with a function of this source; yields its port."""
    (modules / "function_of_a_test.py").write_text(source)
    sandbox = Sandbox("function_of_a_test")
    with Front(GATEWAYS[shape], sandbox) as front:
        thread = threading.Thread(target=front.serve_forever, args=(0.02,))
        thread.start()
        try:
            assert front.address == f"http://{HOST}:{front.server_port}/"
            yield front.server_port
        finally:
            front.shutdown()
            thread.join()
            sandbox.close()


def ask(port: int, method: str, target: str, **options: Any) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request(method, target, **options)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_requests_reach_one_sandbox_as_events_of_their_own(modules: Path) -> None:
    with serving(modules, ECHO) as port:
        ask(port, "GET", "/first?a=1")
        status, body = ask(port, "POST", "/second?b=%202", body=b"text", headers={"Cookie": "c=d"})
    told = json.loads(body)
    event = told["event"]
    assert status == 200
    assert (event["rawPath"], event["rawQueryString"]) == ("/second", "b=%202")
    assert (event["cookies"], event["isBase64Encoded"]) == (["c=d"], True)
    assert len(set(told["ids"])) == 2
    assert 0 < told["left"] <= SECONDS * 1000
    assert told["name"] == "jotter"


def test_two_connections_are_kept_open_and_answered_in_turn(modules: Path) -> None:
    with serving(modules, ECHO) as port:
        first, second = (http.client.HTTPConnection(HOST, port, timeout=30) for _ in range(2))
        with contextlib.closing(first), contextlib.closing(second):
            for connection in (first, second, first, second):
                connection.request("GET", "/")
                assert connection.getresponse().read()


def test_a_head_request_has_the_headers_and_no_body(modules: Path) -> None:
    with serving(modules, ECHO) as port:
        assert ask(port, "HEAD", "/") == (200, b"")


def test_a_body_of_unknown_length_is_refused(modules: Path) -> None:
    with serving(modules, ECHO) as port:
        status, _ = ask(port, "POST", "/", body=iter([b"a"]), encode_chunked=True)
        assert status == 411


def test_a_client_that_goes_on_sending_still_reads_why_it_was_refused(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serverless.front.LINGER", 60.0)
    with serving(modules, ECHO) as port, socket.create_connection((HOST, port), 30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.sendall(b"1\r\na\r\n" * 10)
        assert client.recv(1, socket.MSG_PEEK)
        for _ in range(10):
            client.sendall(b"1\r\na\r\n")
            time.sleep(0.02)
        client.sendall(b"0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as answer:
            assert answer.read().startswith(b"HTTP/1.1 411 ")


def test_a_client_that_never_stops_sending_is_not_read_for_ever(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serverless.front.LINGER", 0.1)
    with serving(modules, ECHO) as port, socket.create_connection((HOST, port), 30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):  # noqa: PT012 # the reset comes at any of them
            for _ in range(3_000):
                client.sendall(b"1\r\na\r\n")
                time.sleep(0.01)


def test_a_function_that_can_not_be_loaded_is_loaded_again(modules: Path) -> None:
    with serving(modules, FAILS_ONCE, shape="alb-multi") as port:
        status, body = ask(port, "GET", "/")
        assert (status, body) == (502, b"The function failed: it raised RuntimeError.")
        assert ask(port, "GET", "/") == (204, b"")


def test_what_a_function_raises_stays_out_of_the_answer(modules: Path) -> None:
    with serving(modules, WRONG) as port:
        assert ask(port, "GET", "/raise") == (500, b"The function failed: it raised KeyError.")


def test_what_is_no_json_is_a_fault(modules: Path) -> None:
    (modules / "function_of_a_test.py").write_text(WRONG)
    sandbox = Sandbox("function_of_a_test")
    with pytest.raises(BadAnswerError, match="TypeError"):
        sandbox.invoke({"rawPath": "/"})
    sandbox.close()
