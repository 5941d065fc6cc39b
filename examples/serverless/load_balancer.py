"""Events and answers of an Application Load Balancer whose target is a function.

As the user guide of AWS describes them, "Use Lambda functions as targets of an Application Load
Balancer": the attribute ``lambda.multi_value_headers.enabled`` of the target group decides whether
names have one value or several, in both directions.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from serverless.answers import body_of, multiple, single, status_of
from serverless.api_gateway import ACCOUNT, REGION, gathered
from serverless.exchange import Answer, Event, Request

ONE_HEADER: Final = 16 * 1024
"""Octets of the request's line, and of one header ("Quotas": HTTP header limits)."""

ALL_HEADERS: Final = 64 * 1024
ANSWER_HEADERS: Final = 32 * 1024

_GROUP: Final = (
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/jotter/6d0ecf831eec9f09"
)


def single_event(asked: Request) -> Event:
    """An event with one value for each name: of a name that came twice, the last value."""
    event = _event(asked)
    headers, query = event.pop("multiValueHeaders"), event.pop("multiValueQueryStringParameters")
    event["headers"] = {name: values[-1] for name, values in headers.items()}
    event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
    return event


def multi_event(asked: Request) -> Event:
    """An event with all values of each name."""
    return _event(asked)


def single_answer(result: Any) -> Answer:
    """The answer where names have one value: ``headers``, and nothing of the other member.

    Names that differ in their case alone are lines of their own.

    Raises:
        BadAnswerError: it is of no form that the load balancer takes.
    """
    return Answer(status_of(result), single(result), body_of(result))


def multi_answer(result: Any) -> Answer:
    """The answer where names have several values: ``multiValueHeaders``, nothing of ``headers``.

    Raises:
        BadAnswerError: it is of no form that the load balancer takes.
    """
    return Answer(status_of(result), multiple(result), body_of(result))


def _event(asked: Request) -> Event:
    asked = asked.forwarded()
    coded = asked.body if asked.is_text else base64.b64encode(asked.body)
    return {
        "requestContext": {"elb": {"targetGroupArn": _GROUP}},
        "httpMethod": asked.method,
        "path": asked.path,
        # They are not decoded: the function has to do that.
        "multiValueQueryStringParameters": gathered(asked.pairs(decoded=False)),
        "multiValueHeaders": gathered((name.lower(), value) for name, value in asked.headers),
        "body": coded.decode("utf-8", "replace"),
        "isBase64Encoded": bool(asked.body) and not asked.is_text,
    }
