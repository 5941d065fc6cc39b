"""The gateways by their names, each with its events, its answers and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from serverless import api_gateway, load_balancer
from serverless.exchange import Answer, BadAnswerError, Event, Request, refusal


class Gateway(NamedTuple):
    """One way from a browser to a function.

    Attributes:
        title: what it is called.
        event: makes the event of a request.
        answer: makes the answer of what the function returned.
        fault: the status where the function fails.
        refused: says with which status a request is refused that is too large, if it is.
        answer_headers: the octets that an answer's headers may have, or None.
    """

    title: str
    event: Callable[[Request], Event]
    answer: Callable[[Any], Answer]
    fault: int
    refused: Callable[[Request], int | None]
    answer_headers: int | None = None

    def ask(self, asked: Request, invoke: Callable[[Event], Any]) -> Answer:
        """Pass one request on to the function.

        Args:
            asked: the request.
            invoke: calls the function with an event, and returns what it returned.

        Returns:
            The answer for the client, whatever happens.
        """
        if status := self.refused(asked):
            return refusal(status, "The headers of this request are too large.")
        try:
            answer = self.answer(invoke(self.event(asked)))
        except BadAnswerError as error:
            return refusal(self.fault, f"The function failed: {error}.")
        if self.answer_headers is not None and answer.octets > self.answer_headers:
            return refusal(self.fault, "The headers of the function's answer are too large.")
        return answer


def _by_api_gateway(asked: Request) -> int | None:
    return 431 if asked.octets > api_gateway.LIMIT else None


def _by_load_balancer(asked: Request) -> int | None:
    line = len(f"{asked.method} {asked.path}?{asked.query} {asked.protocol}\r\n")
    lines = [line, *(len(name) + len(value) + 4 for name, value in asked.headers)]
    too_large = max(lines) > load_balancer.ONE_HEADER or sum(lines) > load_balancer.ALL_HEADERS
    return 400 if too_large else None


def _by_nobody(_: Request) -> int | None:
    return None


GATEWAYS: Final[Mapping[str, Gateway]] = {
    "rest": Gateway(
        "API Gateway, REST API (format 1.0)",
        api_gateway.rest_event,
        api_gateway.rest_answer,
        fault=502,
        refused=_by_api_gateway,
    ),
    "http": Gateway(
        "API Gateway, HTTP API (format 2.0)",
        api_gateway.http_event,
        api_gateway.second_answer,
        fault=500,
        refused=_by_api_gateway,
    ),
    "url": Gateway(
        "function URL (format 2.0)",
        api_gateway.url_event,
        api_gateway.second_answer,
        fault=502,
        refused=_by_nobody,
    ),
    "alb-single": Gateway(
        "Application Load Balancer, one value for each header",
        load_balancer.single_event,
        load_balancer.single_answer,
        fault=502,
        refused=_by_load_balancer,
        answer_headers=load_balancer.ANSWER_HEADERS,
    ),
    "alb-multi": Gateway(
        "Application Load Balancer, several values for each header",
        load_balancer.multi_event,
        load_balancer.multi_answer,
        fault=502,
        refused=_by_load_balancer,
        answer_headers=load_balancer.ANSWER_HEADERS,
    ),
}
"""What ``--shape`` takes."""
