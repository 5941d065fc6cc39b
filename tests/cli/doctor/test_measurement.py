"""The halving finds each limit to the octet, and takes nothing else for one."""

from __future__ import annotations

import json
import time

import pytest

from cookie_sessions.cli.doctor.measurement import KINDS, Limit, Measured, measure
from cookie_sessions.cli.doctor.site import CLOSED, DROPPED, MAX_REQUESTS, Site
from cookie_sessions.errors import Unavailable
from cookie_sessions.probe import MAX_ANSWERS
from tests.cli.doctor.stub import Request, Response, cookie_octets, probe, serving


def run(token: str, url: str) -> tuple[Measured, Site]:
    site = Site(url, token=token)
    return measure(site, lambda *_: None), site


def total(request: Request) -> int:
    line = len(f"GET {request.path} HTTP/1.1\r\n\r\n")
    return line + sum(len(name) + len(value) + 4 for name, value in request.headers)


@pytest.mark.parametrize("status", [400, 431, 0])
@pytest.mark.parametrize("limit", [300, 1_024, 3_834, 8_180])
def test_a_limit_of_one_cookie_line_is_found_to_the_octet(limit: int, status: int) -> None:
    def change(request: Request, response: Response) -> Response:
        return Response(status) if cookie_octets(request) > limit else response

    token, answer = probe(change=change)
    with serving(answer) as stub:
        measured, _ = run(token, stub.url)
    assert measured.cookie_line == Limit(limit, limit + 1, status or CLOSED)
    assert measured.set_cookies == Limit(65_536, None, None)
    assert measured.set_cookie == Limit(16_384, None, None)


def test_a_limit_of_whole_requests_is_found_to_the_octet() -> None:
    def change(request: Request, response: Response) -> Response:
        return Response(431) if total(request) > 8_192 else response

    token, answer = probe(change=change)
    with serving(answer) as stub:
        measured, site = run(token, stub.url)
    assert measured.request == Limit(8_192, 8_193, 431)
    # The one Cookie line stands beside the doctor's own headers.
    assert measured.cookie_line.passed + site.least_octets + len("Cookie: \r\n") <= 8_192


def test_a_limit_of_set_cookie_lines_is_found_to_the_octet() -> None:
    def change(_: Request, response: Response) -> Response:
        octets = sum(len(value) for name, value in response.headers if name == "Set-Cookie")
        return Response(502) if octets > 3_944 else response

    token, answer = probe(change=change)
    with serving(answer) as stub:
        measured, _ = run(token, stub.url)
    assert measured.set_cookies == measured.set_cookie == Limit(3_944, 3_945, 502)
    assert measured.response == measured.overhead + 3_944 + len("Set-Cookie: \r\n")


def test_what_is_taken_away_on_the_way_counts_as_dropped() -> None:
    def shorten(request: Request, response: Response) -> Response:
        others = [each for each in response.headers if each[0] != "Set-Cookie"]
        last = [each for each in response.headers if each[0] == "Set-Cookie"][-1:]
        return response._replace(headers=[*others, *last])

    token, answer = probe(change=shorten)
    with serving(answer) as stub:
        measured, _ = run(token, stub.url)
    assert measured.set_cookies == Limit(4_000, 4_001, DROPPED)
    assert measured.set_cookie.failed is None


@pytest.mark.parametrize("joint", [";", "; ", ",", ", "])
def test_it_tells_how_two_lines_are_joined(joint: str) -> None:
    token, answer = probe(join=joint)
    with serving(answer) as stub:
        measured, _ = run(token, stub.url)
    assert measured.joints == (joint,)


def test_a_second_line_that_does_not_arrive_leaves_no_joint() -> None:
    token, inner = probe()

    def answer(request: Request) -> Response:
        first = [each for each in request.headers if each[0] == "Cookie"][:1]
        others = [each for each in request.headers if each[0] != "Cookie"]
        return inner(Request(request.path, [*others, *first]))

    with serving(answer) as stub:
        measured, _ = run(token, stub.url)
    assert measured.joints == ()
    assert measured.cookie_lines == Limit(0, 256, DROPPED)


def test_a_site_that_gives_up_on_small_requests_too_is_not_measured() -> None:
    seen: list[Request] = []

    def change(request: Request, response: Response) -> Response:
        seen.append(request)
        return Response(429) if len(seen) > 20 else response

    token, answer = probe(change=change)
    with serving(answer) as stub, pytest.raises(Unavailable, match="429 to a small request"):
        run(token, stub.url)
    assert len(seen) <= 22


def test_nothing_passes_where_the_least_fails() -> None:
    def change(request: Request, response: Response) -> Response:
        return Response(400) if cookie_octets(request) else response

    token, answer = probe(change=change)
    with serving(answer) as stub:
        measured, _ = run(token, stub.url)
    assert measured.cookie_line == measured.cookie_lines == Limit(0, 256, 400)


def test_a_run_stays_well_below_what_a_process_answers() -> None:
    def change(request: Request, response: Response) -> Response:
        octets = sum(len(value) for name, value in response.headers if name == "Set-Cookie")
        return Response(431) if max(total(request), octets) > 8_193 else response

    token, answer = probe(change=change)
    told: list[str] = []
    with serving(answer) as stub:
        site = Site(stub.url, token=token)
        measure(site, lambda kind, octets, requests: told.append(kind))
        assert len(stub.requests) == site.requests < 200 < MAX_REQUESTS < MAX_ANSWERS
    assert list(dict.fromkeys(told)) == list(KINDS)


@pytest.mark.parametrize("moved", [0, 301, -301, None, "soon"])
def test_the_applications_clock_is_compared_with_this_machines(moved: object) -> None:
    def change(_: Request, response: Response) -> Response:
        told = json.loads(response.body)
        told["clock"] = told["clock"] + moved if type(moved) is int else moved
        return response._replace(body=json.dumps(told).ljust(len(response.body)).encode())

    token, answer = probe(change=change)
    began = time.monotonic()
    with serving(answer) as stub:
        measured, _ = run(token, stub.url)
    took = time.monotonic() - began
    if type(moved) is not int:
        assert measured.ahead is None
        return
    # Whole seconds are told, and as much as the answer took may be missing, never too much.
    assert measured.ahead is not None
    assert abs(moved) - 2 - took <= abs(measured.ahead) <= abs(moved)
    assert measured.ahead * moved >= 0
