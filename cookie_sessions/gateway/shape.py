"""The forms in which gateways pass a request to a function, and one event of each."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

_OF_FUNCTION_URLS = ".lambda-url."


class EventShape(enum.StrEnum):
    """What an event looks like, which decides how cookies go in and out."""

    REST = "rest"
    """API Gateway's payload format 1.0: REST APIs, and HTTP APIs that are set to it."""
    HTTP = "http"
    """API Gateway's payload format 2.0: HTTP APIs."""
    URL = "url"
    """Lambda function URLs, in payload format 2.0."""
    ALB_SINGLE = "alb-single"
    """An Application Load Balancer whose target group has multi-value headers off, its default."""
    ALB_MULTI = "alb-multi"
    """An Application Load Balancer whose target group has multi-value headers on."""

    @property
    def is_second_format(self) -> bool:
        """Whether it is payload format 2.0, where cookies have a field of their own."""
        return self in (EventShape.HTTP, EventShape.URL)

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    EventShape.REST: "API Gateway, format 1.0 (REST API)",
    EventShape.HTTP: "API Gateway, format 2.0 (HTTP API)",
    EventShape.URL: "Lambda function URL",
    EventShape.ALB_SINGLE: "Application Load Balancer, single-value headers",
    EventShape.ALB_MULTI: "Application Load Balancer, multi-value headers",
}


def shape_of(event: object) -> EventShape | None:
    """Which gateway an event is of.

    Args:
        event: anything that a function may be called with.

    Returns:
        The shape; None for what is no HTTP request, or one of a form that is not known.
    """
    if not isinstance(event, dict):
        return None
    context = event.get("requestContext")
    context = context if isinstance(context, dict) else {}
    if context.get("elb") is not None:
        is_multi = event.get("multiValueHeaders") is not None
        return EventShape.ALB_MULTI if is_multi else EventShape.ALB_SINGLE
    version = event.get("version")
    if version == "2.0" and isinstance(context.get("http"), dict):
        domain = context.get("domainName")
        is_url = isinstance(domain, str) and _OF_FUNCTION_URLS in domain
        return EventShape.URL if is_url else EventShape.HTTP
    if version in (None, "1.0") and "httpMethod" in event and "path" in event:
        return EventShape.REST
    return None


def synthetic(shape: EventShape, *, cookies: Sequence[str] = ()) -> dict[str, Any]:
    """A small event as a gateway of this shape makes it.

    Args:
        shape: which.
        cookies: the Cookie lines of its request, each a line by itself. A shape that holds one
            line only gets them joined by a semicolon and a blank.
    """
    headers = {"host": "gateway.example", "x-forwarded-proto": "https", "x-forwarded-port": "443"}
    common = {"body": "", "isBase64Encoded": False}
    if shape.is_second_format:
        host = "x.lambda-url.eu-west-1.on.aws" if shape is EventShape.URL else headers["host"]
        pairs = [pair for line in cookies for pair in line.split("; ")]
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": {**headers, "host": host},
            **({"cookies": pairs} if pairs else {}),
            "requestContext": {
                "domainName": host,
                "stage": "$default",
                "http": {
                    "method": "GET",
                    "path": "/",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "",
                },
            },
            **common,
        }
    lines = {"cookie": list(cookies)} if cookies else {}
    many = {name: [value] for name, value in headers.items()} | lines
    # In a field for one value, API Gateway leaves the last one.
    one = headers | {name: values[-1] for name, values in lines.items()}
    request: dict[str, Any] = {"httpMethod": "GET", "path": "/", **common}
    if shape is EventShape.REST:
        return {
            "resource": "/{proxy+}",
            **request,
            "headers": one,
            "multiValueHeaders": many,
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}},
        }
    request["requestContext"] = {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:::x"}}
    if shape is EventShape.ALB_MULTI:
        return {**request, "multiValueHeaders": many, "multiValueQueryStringParameters": {}}
    joined = {name: "; ".join(values) for name, values in lines.items()}
    return {**request, "headers": headers | joined, "queryStringParameters": {}}
