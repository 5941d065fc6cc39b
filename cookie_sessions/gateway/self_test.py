"""What an adapter does to cookies, seen by passing it a request and reading its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from cookie_sessions.gateway.shape import EventShape, synthetic

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Handler: TypeAlias = Callable[[Any, Any], Any]
"""What a function's platform calls: with an event and a context."""

MakeHandler: TypeAlias = "Callable[[WSGIApplication], Handler]"
"""An adapter: makes a handler for a WSGI application."""

_SET: Final = ("guard-1=a", "guard-2=b")
_SENT: Final = ("guard-3=c; guard-4=d", "guard-5=e")
_ATTRIBUTES: Final = "; Path=/; HttpOnly; SameSite=Lax"
_JOINT: Final = re.compile("guard-4=d(.*)guard-5=e")
_NAME: Final = re.compile(r"guard-\d=\w")


class Finding(NamedTuple):
    """What an adapter does to the cookies of one shape of event.

    Attributes:
        shape: the shape.
        kept: how many of two Set-Cookie lines the gateway gets as lines of their own; 0 where the
            adapter has no answer at all.
        are_joined: whether it joins Set-Cookie lines by commas.
        arrive: how many of three cookies, sent on two Cookie lines where the shape has room for
            two, the application can read.
        joint: what stands between the cookies of two lines when they arrive; empty where only one
            line does.
        fault: the type of what the adapter raised; empty where it raised nothing.
    """

    shape: EventShape
    kept: int
    are_joined: bool
    arrive: int
    joint: str = ""
    fault: str = ""

    @property
    def keeps_all(self) -> bool:
        """Whether all lines go out as they were set."""
        return self.kept == len(_SET)

    @property
    def takes_all(self) -> bool:
        """Whether all cookies come in as they were sent."""
        return self.arrive == _COOKIES

    @property
    def remedy(self) -> str:
        """What an operator can do; empty where all is well."""
        if self.keeps_all and self.takes_all:
            return ""
        if self.shape is EventShape.ALB_SINGLE:
            return (
                "Turn on multi-value headers in the target group "
                "(lambda.multi_value_headers.enabled), or use another adapter."
            )
        return "Use another adapter: docs/serverless-adapters.md says what each one does."


_COOKIES: Final = sum(len(line.split("; ")) for line in _SENT)


def examine(
    make_handler: MakeHandler,
    shape: EventShape,
    *,
    change: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    context: Any = None,
) -> Finding:
    """Push a request with cookies through an adapter, to an application that sets two.

    Args:
        make_handler: the adapter.
        shape: of the event.
        change: what is done to events before the adapter gets them.
        context: what the adapter is called with beside the event.
    """
    seen: list[str] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(environ.get("HTTP_COOKIE", ""))
        headers = [("Set-Cookie", pair + _ATTRIBUTES) for pair in _SET]
        start_response("200 OK", [("Content-Type", "text/plain"), *headers])
        return [b"ok"]

    try:
        answer = make_handler(application)(change(synthetic(shape, cookies=_SENT)), context)
    except Exception as error:  # noqa: BLE001 - an adapter that can't do it is what is looked for.
        return Finding(shape, 0, are_joined=False, arrive=0, fault=type(error).__name__)
    lines = set_cookie_lines(answer, shape)
    whole = [line for line in lines if len(_NAME.findall(line)) == 1]
    header = seen[0] if seen else ""
    # Our own reader ends a pair at a semicolon and nowhere else.
    pairs = {pair.strip(" \t") for pair in header.split(";")}
    sent = {pair for line in _SENT for pair in line.split("; ")}
    joint = _JOINT.search(header)
    return Finding(
        shape,
        kept=max(len(whole), min(1, len(lines))),
        are_joined=len(whole) < len(lines),
        arrive=len(pairs & sent),
        joint=joint[1] if joint else "",
    )


def set_cookie_lines(answer: object, shape: EventShape) -> list[str]:
    """The Set-Cookie lines that a gateway makes of a function's answer.

    Names that differ in case alone are lines of their own where payload format 1.0 and load
    balancers have one value for a name; adapters rely on that. Payload format 2.0 has a field for
    cookies, and takes such names for one.

    Args:
        answer: the function's.
        shape: of the event that it answers.
    """
    if not isinstance(answer, dict):
        return []
    one = list(_values(answer.get("headers")))
    many = list(_values(answer.get("multiValueHeaders")))
    if shape.is_second_format:
        return [*_texts(answer.get("cookies")), *one[-1:]]
    if shape is EventShape.ALB_SINGLE:
        return one
    if shape is EventShape.ALB_MULTI:
        return many
    return many or one


def _values(headers: object) -> Iterator[str]:
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if isinstance(name, str) and name.lower() == "set-cookie":
            yield from _texts([value] if isinstance(value, str) else value)


def _texts(values: object) -> Iterator[str]:
    for value in values if isinstance(values, list) else ():
        if isinstance(value, str):
            yield value
