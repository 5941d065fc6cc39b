"""What a function returns, in the parts that all gateways have in common."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from serverless.exchange import BadAnswerError, Headers


def status_of(result: Any) -> int:
    """The status.

    Raises:
        BadAnswerError: there is none, or what was returned is no object.
    """
    status = result.get("statusCode") if isinstance(result, dict) else None
    if not isinstance(status, int) or not 100 <= status <= 599:
        raise BadAnswerError("it has no statusCode")
    return status


def body_of(result: dict[str, Any]) -> bytes:
    """The octets of the body.

    Raises:
        BadAnswerError: it is no text, or not the base64 that it says it is.
    """
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise BadAnswerError("its body is no text")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise BadAnswerError("its body is no base64") from None


def single(result: dict[str, Any]) -> Headers:
    """The headers of the member ``headers``, one value each; names that differ in case stay apart.

    Raises:
        BadAnswerError: a value is a list or another container.
    """
    headers = result.get("headers") or {}
    if any(isinstance(value, list | dict) for value in headers.values()):
        raise BadAnswerError("a header of it is no text")
    return [(name, _text(value)) for name, value in headers.items()]


def multiple(result: dict[str, Any]) -> Headers:
    """The headers of the member ``multiValueHeaders``, any number of values each.

    Raises:
        BadAnswerError: the values of a name are no list.
    """
    headers = result.get("multiValueHeaders") or {}
    if not all(isinstance(values, list) for values in headers.values()):
        raise BadAnswerError("a header of its multiValueHeaders is no list")
    return [(name, _text(value)) for name, values in headers.items() for value in values]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
