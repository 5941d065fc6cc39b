"""Events as the adapters can read them: nothing null, every list a list, one Cookie line.

What the gateways' documentation allows is brought into one form; anything else is refused, with a
text that says what was expected. Nothing is split: a Cookie line that came with commas keeps them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from cookie_sessions.gateway.shape import EventShape, shape_of

_COOKIE: Final = "cookie"
_EXPECTED: Final = (
    "This function answers HTTP requests that come from API Gateway (payload format 1.0 or 2.0), "
    "a Lambda function URL or an Application Load Balancer."
)
_ASCII: Final = "".join(map(chr, range(128)))
_DEEPEST: Final = 32


class Unreadable(ValueError):
    """An event is no request that an adapter could read; says what was expected."""


def readable(event: object) -> dict[str, Any]:
    """An event in the one form that every adapter reads.

    Args:
        event: anything that a function may be called with; it is left as it is.

    Raises:
        Unreadable: it is of another shape, or a field does not hold what that shape has there.
            The message repeats no value.
    """
    shape = shape_of(event)
    if shape is None or not isinstance(event, dict):
        raise Unreadable(f"{_EXPECTED} The event has the shape of none of them.")
    _check_text(event)
    event = {name: value for name, value in event.items() if value is not None}
    event["body"] = _body(event)
    event["requestContext"] = _without_null(_object(event, "requestContext"))
    if shape.is_second_format:
        return _second(event)
    return _first(event, shape)


def _first(event: dict[str, Any], shape: EventShape) -> dict[str, Any]:
    for name in ("httpMethod", "path"):
        _text(event, name)
    # A field of the other format.
    event.pop("cookies", None)
    one = {name: _one(value, name) for name, value in _object(event, "headers").items()}
    many = _object(event, "multiValueHeaders")
    lists = {name: _list(value, name) for name, value in many.items()}
    _cookies_into(one, lists)
    if shape is EventShape.ALB_SINGLE:
        event["headers"] = one
    else:
        for name, value in one.items():
            if not any(name.lower() == each.lower() for each in lists):
                lists[name] = [value]
        event["multiValueHeaders"] = lists
        event["headers"] = {name: values[-1] for name, values in lists.items() if values}
    for name in ("queryStringParameters", "multiValueQueryStringParameters"):
        if name in event:
            event[name] = _without_null(_object(event, name))
    for name, value in event.get("queryStringParameters", {}).items():
        _text({name: value}, name)
    listed = event.get("multiValueQueryStringParameters", {})
    for name in listed:
        listed[name] = _list(listed[name], name)
    return event


def _second(event: dict[str, Any]) -> dict[str, Any]:
    headers = {name: _one(value, name) for name, value in _object(event, "headers").items()}
    # A field of the other format, by which serverless-wsgi chooses the form of its answer.
    event.pop("multiValueHeaders", None)
    cookies = _list(event.pop("cookies", []), "cookies")
    for name in [name for name in headers if name.lower() == _COOKIE]:
        cookies.append(headers.pop(name))
    event["headers"] = headers
    if cookies:
        event["cookies"] = cookies
    context = event["requestContext"]
    http = context["http"] = _without_null(_object(context, "http"))
    _text(http, "method")
    path = event.setdefault("rawPath", http.get("path"))
    http.setdefault("path", path)
    for name in ("protocol", "sourceIp"):
        _text({"": http.setdefault(name, _DEFAULTS[name])}, "")
    _text(event, "rawPath")
    _text(http, "path")
    query = _text(event, "rawQueryString", default="")
    if not query.isascii():
        event["rawQueryString"] = quote(query, safe=_ASCII)
    return event


_DEFAULTS: Final = {"protocol": "HTTP/1.1", "sourceIp": ""}


def _cookies_into(one: dict[str, str], lists: dict[str, list[str]]) -> None:
    """Leave one Cookie line, whatever case its name has and however often it stands there."""
    lines = [line for name in _named_cookie(lists) for line in lists.pop(name)]
    singles = [one.pop(name) for name in _named_cookie(one)]
    # The field for one value repeats what the lists have.
    lines = lines or singles
    if lines:
        one[_COOKIE] = "; ".join(lines)


def _named_cookie(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.lower() == _COOKIE]


def _body(event: dict[str, Any]) -> str:
    body = _text(event, "body", default="")
    if event.setdefault("isBase64Encoded", False) not in (True, False):
        raise Unreadable("isBase64Encoded of the event must be true or false.")
    if event["isBase64Encoded"]:
        try:
            base64.b64decode(body)
        except (binascii.Error, ValueError):
            raise Unreadable("The event's body is not the base64 that it says it is.") from None
    return body


def _object(event: dict[str, Any], name: str) -> dict[str, Any]:
    value = event.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise Unreadable(f"{name} of the event must be an object.")
    return dict(value)


def _text(event: dict[str, Any], name: str, *, default: str | None = None) -> str:
    value = event.setdefault(name, default)
    if not isinstance(value, str):
        raise Unreadable(f"{name} of the event must be a text.")
    return value


def _one(value: object, name: str) -> str:
    """A header's one value; a list of them is joined as RFC 9110, section 5.3, says."""
    return ("; " if name.lower() == _COOKIE else ", ").join(_list(value, name))


def _list(value: object, name: str) -> list[str]:
    values = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        raise Unreadable("Headers, cookies and parameters of the event must be texts.")
    return [str(each) for each in values]


def _without_null(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _check_text(event: dict[str, Any]) -> None:
    """Refuse halves of characters, which JSON can say and no header can hold."""
    waiting: list[tuple[object, int]] = [(event, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if not value.isascii() and not _is_text(value):
                raise Unreadable("The event holds half a character, which no request can.")
        elif isinstance(value, dict | list) and depth < _DEEPEST:
            within = [*value, *value.values()] if isinstance(value, dict) else value
            waiting += [(each, depth + 1) for each in within]


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
