"""The local front's events, answers and limits are those that AWS documents."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cookie_sessions.gateway import EventShape
from cookie_sessions.gateway.self_test import set_cookie_lines
from serverless.exchange import Answer, BadAnswerError, Headers, Request
from serverless.gateway import GATEWAYS
from tests.examples.serverless.adapter import request

FORM = ("Content-Type", "application/x-www-form-urlencoded")
TWICE: Headers = [("Cookie", "a=1; b=2"), ("X-Many", "one"), ("x-many", "two"), ("Cookie", "c=3")]
ASKED = request("/notes?q=a%20b&q=c", headers=TWICE)
APIS = ["rest", "http", "url"]
BALANCERS = ["alb-single", "alb-multi"]


def event(shape: str, asked: Request = ASKED) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(GATEWAYS[shape].event(asked)))
    return made


def answer(shape: str, result: Any) -> Answer:
    return GATEWAYS[shape].answer(result)


def test_a_rest_api_gives_each_name_once_and_with_all_values() -> None:
    made = event("rest")
    assert (made["path"], made["httpMethod"]) == ("/notes", "GET")
    assert made["headers"]["X-Many"] == "two"
    assert made["multiValueHeaders"]["X-Many"] == ["one", "two"]
    assert made["multiValueHeaders"]["Cookie"] == ["a=1; b=2", "c=3"]
    assert made["queryStringParameters"] == {"q": "c"}
    assert made["multiValueQueryStringParameters"] == {"q": ["a b", "c"]}
    assert made["requestContext"]["identity"]["sourceIp"] == "198.51.100.7"
    assert "version" not in made


def test_a_rest_api_says_null_where_there_is_nothing() -> None:
    made = event("rest", request())
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "body")
    assert [made[name] for name in absent] == [None, None, None]


@pytest.mark.parametrize(("shape", "domain"), [("http", ".execute-api."), ("url", ".lambda-url.")])
def test_the_second_format_has_cookies_beside_its_headers(shape: str, domain: str) -> None:
    made = event(shape)
    assert made["version"] == "2.0"
    assert made["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in made["headers"]
    assert made["headers"]["x-many"] == "one,two"
    assert (made["rawPath"], made["rawQueryString"]) == ("/notes", "q=a%20b&q=c")
    assert made["queryStringParameters"] == {"q": "a b,c"}
    assert made["requestContext"]["http"]["sourceIp"] == "198.51.100.7"
    assert domain in made["requestContext"]["domainName"]


@pytest.mark.parametrize("shape", ["http", "url"])
def test_the_second_format_leaves_out_what_is_not_there(shape: str) -> None:
    assert not {"cookies", "body", "queryStringParameters"} & set(event(shape, request()))


def test_a_load_balancer_with_single_values_keeps_the_last() -> None:
    made = event("alb-single")
    assert made["headers"]["cookie"] == "c=3"
    assert made["headers"]["x-many"] == "two"
    assert made["queryStringParameters"] == {"q": "c"}
    assert not {"multiValueHeaders", "multiValueQueryStringParameters"} & set(made)
    assert "targetGroupArn" in made["requestContext"]["elb"]


def test_a_load_balancer_with_several_values_has_lists_alone_and_decodes_nothing() -> None:
    made = event("alb-multi")
    assert made["multiValueHeaders"]["cookie"] == ["a=1; b=2", "c=3"]
    assert made["multiValueQueryStringParameters"] == {"q": ["a%20b", "c"]}
    assert not {"headers", "queryStringParameters"} & set(made)


@pytest.mark.parametrize("shape", GATEWAYS)
def test_an_address_is_added_to_those_that_the_client_claims(shape: str) -> None:
    made = event(shape, request(headers=[("X-Forwarded-For", "192.0.2.1")]))
    headers = made.get("multiValueHeaders") or made["headers"]
    (chain,) = [value for name, value in headers.items() if name.lower() == "x-forwarded-for"]
    assert chain in ("192.0.2.1, 198.51.100.7", ["192.0.2.1, 198.51.100.7"])


@pytest.mark.parametrize("shape", GATEWAYS)
def test_what_is_no_text_is_base64(shape: str) -> None:
    made = event(shape, request(method="POST", headers=[FORM], body=b"a=%C3%A4"))
    assert made["isBase64Encoded"] is True
    assert base64.b64decode(made["body"]) == b"a=%C3%A4"


@pytest.mark.parametrize("shape", ["http", "url", *BALANCERS])
def test_text_is_passed_on_as_it_is_unless_it_is_compressed(shape: str) -> None:
    plain: Headers = [("Content-Type", "application/json")]
    made = event(shape, request(method="POST", headers=plain, body=b"{}"))
    assert (made["body"], made["isBase64Encoded"]) == ("{}", False)
    packed = [*plain, ("Content-Encoding", "gzip")]
    assert event(shape, request(headers=packed, body=b"\x1f"))["isBase64Encoded"] is True


RESULT = {
    "statusCode": 200,
    "headers": {"Set-Cookie": "a=1", "set-cookie": "b=2", "X-One": "x"},
    "multiValueHeaders": {"Set-Cookie": ["c=3", "d=4"]},
    "cookies": ["e=5", "f=6"],
    "body": base64.b64encode(b"\xff").decode(),
    "isBase64Encoded": True,
}


@pytest.mark.parametrize(
    ("shape", "cookies"),
    [
        ("rest", ["a=1", "b=2", "c=3", "d=4"]),
        ("http", ["b=2", "e=5", "f=6"]),
        ("url", ["b=2", "e=5", "f=6"]),
        ("alb-single", ["a=1", "b=2"]),
        ("alb-multi", ["c=3", "d=4"]),
    ],
)
def test_each_gateway_takes_cookies_from_its_own_members(shape: str, cookies: list[str]) -> None:
    given = answer(shape, RESULT)
    lines = [value for name, value in given.headers if name.lower() == "set-cookie"]
    assert (given.status, given.body, lines) == (200, b"\xff", cookies)


@pytest.mark.parametrize("shape", GATEWAYS)
def test_the_guard_counts_on_no_cookie_that_the_front_does_not_pass_on(shape: str) -> None:
    counted = set_cookie_lines(RESULT, EventShape(shape))
    assert len(counted) > 1
    assert {("set-cookie", line) for line in counted} <= {
        (name.lower(), value) for name, value in answer(shape, RESULT).headers
    }


@pytest.mark.parametrize("shape", GATEWAYS)
@pytest.mark.parametrize(
    "result",
    [
        None,
        "200",
        {},
        {"statusCode": "many"},
        {"statusCode": 200, "body": {}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
    ],
)
def test_what_is_no_answer_is_a_fault_of_the_function(shape: str, result: Any) -> None:
    with pytest.raises(BadAnswerError):
        answer(shape, result)
    given = GATEWAYS[shape].ask(request(), lambda event: result)
    assert given.status == (500 if shape == "http" else 502)


@pytest.mark.parametrize(("shape", "limit"), [(shape, 10_240) for shape in ("rest", "http")])
def test_an_api_refuses_headers_of_more_than_its_quota(shape: str, limit: int) -> None:
    bare = request(headers=[("Cookie", "")])
    for spare, status in ((0, 204), (1, 431)):
        full = request(headers=[("Cookie", "c" * (limit - bare.octets + spare))])
        assert full.octets == limit + spare
        given = GATEWAYS[shape].ask(full, lambda event: {"statusCode": 204})
        assert given.status == status


@pytest.mark.parametrize("shape", BALANCERS)
def test_a_load_balancer_refuses_one_header_of_more_than_16_kib_or_64_in_all(shape: str) -> None:
    one = 16 * 1024 - len("Cookie: \r\n")

    def status(*sizes: int) -> int:
        headers = [("Cookie", "c" * size) for size in sizes]
        asked = request(headers=headers)
        return GATEWAYS[shape].ask(asked, lambda event: {"statusCode": 204}).status

    assert status(one) == 204
    assert status(one + 1) == 400
    assert status(*[15_000] * 4) == 204
    assert status(*[15_000] * 5) == 400


@pytest.mark.parametrize(("shape", "member"), [("alb-single", "headers")])
def test_a_load_balancer_refuses_an_answer_with_more_than_32_kib_of_headers(
    shape: str, member: str
) -> None:
    large = {"statusCode": 200, member: {"x": "x" * 32 * 1024}}
    assert GATEWAYS[shape].ask(request(), lambda event: large).status == 502
