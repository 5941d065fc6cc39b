"""Limits of deployments: what counts, and what breaks them."""

from __future__ import annotations

import pytest

from cookie_sessions.cookies import (
    NOTHING_SEEN,
    PROFILES,
    LineLimit,
    Profile,
    Surroundings,
    line_excess,
    octets_of,
    profile_of,
    request_excess,
    response_excess,
)
from cookie_sessions.cookies.budget import Excess
from cookie_sessions.errors import ConfigurationError

LIMITS = ("cookie_line", "request", "set_cookies", "response")
TIGHT = Profile(
    name="tight", cookie_line=100, request=500, set_cookies=200, response=300, source="this test"
)
WIDE = Profile(name="wide", cookie_line=100, source="this test")


def nobody_asks() -> int:
    raise AssertionError("asked, though no limit depends on it")


UNSEEN = Surroundings(nobody_asks, nobody_asks)


def around(*, request: int = 0, response: int = 0) -> Surroundings:
    return Surroundings(lambda: request, lambda: response)


def test_the_portable_profile_is_the_tightest_but_for_one() -> None:
    portable = PROFILES["portable"]
    assert (portable.cookie_line, portable.response) == (7424, 3900)
    for profile in PROFILES.values():
        if profile.name != "uwsgi":
            assert portable.cookie_line <= profile.cookie_line
        for limit in (profile.set_cookies, profile.response):
            assert limit is None or limit >= 3900


def test_every_profile_has_a_source_and_its_own_name() -> None:
    for name, profile in PROFILES.items():
        assert profile.name == name
        assert profile.source
        assert profile.request is None or profile.request >= profile.cookie_line


def test_a_chain_has_the_lowest_limit_of_each_link() -> None:
    chain = profile_of(["nginx-16k", "uwsgi", "haproxy"])
    links = [PROFILES[name] for name in ("nginx-16k", "uwsgi", "haproxy")]
    for limit in LIMITS:
        known = [value for link in links if (value := getattr(link, limit)) is not None]
        assert getattr(chain, limit) == min(known)
    assert chain.name == "nginx-16k+uwsgi+haproxy"
    assert all(link.source in chain.source for link in links)
    assert profile_of(["vercel"]) is PROFILES["vercel"]
    assert profile_of(["gunicorn", "apache"]).response is None


def test_a_profile_that_does_not_exist_is_an_error_that_names_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match=r"'ngnix'.*mean 'nginx'.*nginx-16k"):
        profile_of(["gunicorn", "ngnix"])
    with pytest.raises(ConfigurationError, match=r"empty.*portable"):
        profile_of([])


def test_a_limit_is_broken_by_the_first_octet_above_it() -> None:
    def request(cookie: int, other: int) -> Excess | None:
        return request_excess(TIGHT, cookie=cookie, surroundings=around(request=other))

    # A request line and a Referer of 256 octets, and what stands around the Cookie header.
    room = 500 - 256 - len("Cookie: \r\n") - 100
    assert request(100, room) is None
    assert request(101, 0) == Excess(101, 100, "cookie_line")
    assert request(100, room + 1) == Excess(501, 500, "request")

    def response(lines: list[str], other: int) -> Excess | None:
        return response_excess(TIGHT, lines=lines, surroundings=around(response=other))

    lines = ["a" * 150, "b" * 50]
    room = 300 - 200 - 2 * len("Set-Cookie: \r\n")
    assert response(lines, room) is None
    assert response(lines, room + 1) == Excess(301, 300, "response")
    assert response(["a" * 150, "b" * 51], 0) == Excess(201, 200, "set_cookies")


def test_nobody_counts_what_no_limit_depends_on() -> None:
    assert request_excess(WIDE, cookie=100, surroundings=UNSEEN) is None
    assert request_excess(WIDE, cookie=101, surroundings=UNSEEN) is not None
    assert response_excess(WIDE, lines=["x" * 99_999], surroundings=UNSEEN) is None
    only_cookies = WIDE._replace(set_cookies=10)
    assert response_excess(only_cookies, lines=["x" * 10], surroundings=UNSEEN) is None


def test_an_adapter_that_sees_nothing_counts_nothing() -> None:
    assert NOTHING_SEEN.request() == NOTHING_SEEN.response() == 0


def test_headers_are_counted_as_they_stand_on_the_line() -> None:
    headers = [("Vary", "Cookie"), ("X", "")]
    assert octets_of(headers) == len("Vary: Cookie\r\nX: \r\n")


def test_each_excess_says_why_and_what_to_do() -> None:
    for what in ("cookies", *LIMITS, "overflow", "entry"):
        assert Excess(2, 1, what).why
    for what in (*LIMITS, "overflow"):
        assert "COOKIE_SESSIONS_" in Excess(2, 1, what).remedy
    response = Excess(2, 1, "response").remedy
    for word in ("proxy_buffer_size", "'nginx-16k'", "'no-proxy'"):
        assert word in response
    for name in ("nginx-16k", "no-proxy"):
        assert PROFILES[name].response != PROFILES["portable"].response


def test_set_cookie_lines_are_limited_where_an_adapter_keeps_fewer() -> None:
    assert UNSEEN.lines() is None
    assert line_excess(None, lines=9) is None
    limit = LineLimit(2, others=5)
    assert line_excess(limit, lines=2) is None, "ours are the last, so those of others are lost"
    found = line_excess(limit, lines=3)
    assert found is not None
    assert found == (3, 2, "lines")
    assert found.is_of_lines
    assert "adapter" in found.why
    assert "multi-value headers" in found.remedy
