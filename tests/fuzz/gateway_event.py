"""Events of functions: brought into one form that every adapter reads, or refused with a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from cookie_sessions.gateway import EventShape, Unreadable, readable, shape_of, synthetic

WORDS: Final = (
    *(b'"headers":', b'"multiValueHeaders":', b'"cookies":', b'"cookie"', b'"Cookie"', b'"elb":'),
    *(b'"requestContext":', b'"http":', b'"version":"2.0"', b'"version":"1.0"', b'"rawPath":'),
    *(b'"httpMethod":"GET"', b'"path":"/"', b'"isBase64Encoded":true', b'"body":"A"', b"null"),
    *(b'"a=1; b=2"', b'"a=1,b=2"', b'["a=1","b=2"]', b'"\\ud800"', b".lambda-url."),
)


def check(data: bytes) -> None:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return
    before = repr(event)
    read, told = _read(event)
    assert repr(event) == before, "was changed"
    if read is None:
        assert "event" in told, "does not say what is wrong"
        return
    shape = shape_of(read)
    assert shape is not None, "has lost its shape"
    assert readable(read) == read, "is brought into another form the second time"
    assert None not in [*read.values(), *read["requestContext"].values()], "something is null"
    lists = read.get("multiValueHeaders", {})
    headers = read.get("headers", {})
    assert all(isinstance(value, str) for value in headers.values()), "a header is no text"
    assert all(isinstance(each, str) for value in lists.values() for each in value)
    if shape.is_second_format:
        assert not _named_cookie(headers), "a header beside the field for cookies"
        assert all(isinstance(each, str) for each in read.get("cookies", []))
    else:
        assert len(_named_cookie(headers)) <= 1, "two Cookie lines"
        assert [len(lists[name]) for name in _named_cookie(lists)] in ([], [1])
    assert "," not in _texts(read) or "," in repr(_cookies(event)), "a comma was added"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"null", b"[]", b"{}", b'{"source":"aws.events"}', b"[" * 1000)
    for shape in EventShape:
        for cookies in ([], ["a=1; b=2"], ["a=1", "b=2,c=3"]):
            yield json.dumps(synthetic(shape, cookies=cookies)).encode()
        yield json.dumps(synthetic(shape) | {"headers": None, "cookies": None}).encode()
        yield json.dumps(synthetic(shape) | {"isBase64Encoded": True, "body": "A"}).encode()
    both: Any = synthetic(EventShape.ALB_MULTI, cookies=["a=1"])
    both["multiValueHeaders"]["Cookie"] = ["b=2", "c=3"]
    yield json.dumps(both).encode()
    second: Any = synthetic(EventShape.HTTP, cookies=["a=1"])
    second["headers"]["COOKIE"] = ["b=2"]
    yield json.dumps(second).encode()


def _read(event: object) -> tuple[dict[str, Any] | None, str]:
    try:
        return readable(event), ""
    except Unreadable as refused:
        return None, str(refused)


def _named_cookie(names: Any) -> list[str]:
    return [name for name in names if name.lower() == "cookie"]


def _cookies(event: Any) -> list[Any]:
    """Whatever an event says under a name of cookies, in any form."""
    found = [event.get("cookies")]
    for field in ("headers", "multiValueHeaders"):
        within = event.get(field)
        if isinstance(within, dict):
            found += [within[name] for name in _named_cookie(within)]
    return found


def _texts(read: Any) -> str:
    """The cookies of an event in its final form, without what lists put between them."""
    texts = list(read.get("cookies", []))
    for field in ("headers", "multiValueHeaders"):
        for name in _named_cookie(read.get(field, {})):
            value = read[field][name]
            texts += [value] if isinstance(value, str) else value
    return "".join(texts)
