"""Events and answers of API Gateway, REST and HTTP APIs, and of function URLs.

As the developer guides of AWS describe them: "Lambda proxy integrations in API Gateway" (REST,
format 1.0), "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway" (format 2.0), and
"Invoking Lambda function URLs" (request and response payloads, which follow format 2.0).
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Iterable
from typing import Any, Final

from serverless.answers import body_of, multiple, single, status_of
from serverless.exchange import Answer, Event, Headers, Request

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
API: Final = "a1b2c3d4e5"

LIMIT: Final = 10_240
"""Octets of a request's line and headers that an API takes ("Quotas": total combined size)."""


def rest_event(asked: Request) -> Event:
    """An event of a REST API, format 1.0, whose binary media types are ``*/*``."""
    asked = asked.forwarded()
    headers = gathered(asked.headers)
    query = gathered(asked.pairs(decoded=True))
    return {
        "resource": "/{proxy+}",
        "path": asked.path,
        "httpMethod": asked.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": asked.path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": asked.first("host"),
            "httpMethod": asked.method,
            "identity": {"sourceIp": asked.address, "userAgent": asked.first("user-agent")},
            "path": asked.path,
            "protocol": asked.protocol,
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": round(time.time() * 1000),
            "resourcePath": "/{proxy+}",
            "stage": "live",
        },
        "body": base64.b64encode(asked.body).decode() if asked.body else None,
        "isBase64Encoded": bool(asked.body),
    }


def rest_answer(result: Any) -> Answer:
    """The answer of a REST API: both members, of which ``multiValueHeaders`` is listed last.

    Raises:
        BadAnswerError: it is of no form that the gateway takes.
    """
    status, several = status_of(result), multiple(result)
    return Answer(
        status, [*(h for h in single(result) if h not in several), *several], body_of(result)
    )


def http_event(asked: Request) -> Event:
    """An event of an HTTP API, format 2.0, on its default route."""
    return _second_event(asked, domain=f"{API}.execute-api.{REGION}.amazonaws.com")


def url_event(asked: Request) -> Event:
    """An event of a function URL."""
    return _second_event(asked, domain=f"{API}.lambda-url.{REGION}.on.aws")


def second_answer(result: Any) -> Answer:
    """The answer of an HTTP API or a function URL: ``headers``, and ``cookies`` beside them.

    Names that differ in their case alone are one, with the last value.

    Raises:
        BadAnswerError: it is of no form that the gateway takes.
    """
    status = status_of(result)
    headers = {name.lower(): (name, value) for name, value in single(result)}
    cookies = [("set-cookie", str(cookie)) for cookie in result.get("cookies") or []]
    return Answer(status, [*headers.values(), *cookies], body_of(result))


def gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """All values of each name. Names of headers that differ in case are one, as first written."""
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    return values


def _second_event(asked: Request, *, domain: str) -> Event:
    asked = asked.forwarded()
    cookies = [
        part.strip(" ")
        for line in asked.all_of("cookie")
        for part in line.split(";")
        if part.strip(" ")
    ]
    event: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": asked.path,
        "rawQueryString": asked.query,
        "headers": _joined((name.lower(), value) for name, value in _without_cookies(asked)),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": domain,
            "domainPrefix": API,
            "http": {
                "method": asked.method,
                "path": asked.path,
                "protocol": asked.protocol,
                "sourceIp": asked.address,
                "userAgent": asked.first("user-agent"),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": round(time.time() * 1000),
        },
        "isBase64Encoded": bool(asked.body) and not asked.is_text,
    }
    if cookies:
        event["cookies"] = cookies
    if asked.query:
        event["queryStringParameters"] = _joined(asked.pairs(decoded=True))
    if asked.body:
        coded = asked.body if asked.is_text else base64.b64encode(asked.body)
        event["body"] = coded.decode("utf-8", "replace")
    return event


def _without_cookies(asked: Request) -> Headers:
    return [(name, value) for name, value in asked.headers if name.lower() != "cookie"]


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: ",".join(values) for name, values in gathered(pairs).items()}
