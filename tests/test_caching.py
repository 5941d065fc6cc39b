"""What Vary, Cache-Control and Clear-Site-Data are to say, whatever they say already."""

from __future__ import annotations

import pytest

from cookie_sessions.caching import (
    clear_value,
    private_value,
    request_octets,
    response_octets,
    says_public,
    vary_value,
)


@pytest.mark.parametrize(
    ("present", "value"),
    [
        ([], "Cookie"),
        (["Accept"], "Accept, Cookie"),
        (["Accept", "Origin"], "Accept, Origin, Cookie"),
        (["X-Cookie"], "X-Cookie, Cookie"),
        (["accept, COOKIE"], None),
        (["*"], None),
    ],
)
def test_vary_names_a_header_once(present: list[str], value: str | None) -> None:
    assert vary_value(present, "Cookie") == value


@pytest.mark.parametrize(
    ("present", "value"),
    [
        ([], "private"),
        (["no-store"], "no-store"),
        (["Private, max-age=5"], "Private, max-age=5"),
        (["public, max-age=5", "S-MaxAge=7"], "max-age=5, private"),
        (['private="a, b", max-age=1'], 'private="a, b", max-age=1, private'),
        (['x="a\\"b, public", public'], 'x="a\\"b, public", private'),
        (['public, x="unfinished, public'], 'x="unfinished, public, private'),
        ([", ,"], "private"),
    ],
)
def test_no_shared_cache_may_keep_what_is_private(present: list[str], value: str) -> None:
    assert private_value(present) == value


def test_public_is_found_wherever_it_stands() -> None:
    assert says_public(["max-age=1", "PUBLIC"])
    assert not says_public(["private"])


def test_what_holds_cookies_that_stay_is_not_cleared() -> None:
    assert clear_value([], ["cache", "cookies"], keeps_cookies=False) == '"cache", "cookies"'
    assert clear_value([], ["cache", "cookies"], keeps_cookies=True) == '"cache"'
    assert clear_value([], ["*"], keeps_cookies=True) is None
    assert clear_value(['"storage"'], ["cache"], keeps_cookies=False) is None


def test_octets_are_counted_as_they_stand_on_the_line() -> None:
    assert response_octets("200 OK", [("A", "b")]) == len("HTTP/1.1 200 OK\r\nA: b\r\n\r\n")
    environ = {
        "HTTP_HOST": "a",
        "CONTENT_TYPE": "b",
        "HTTP_COOKIE": "x=1",
        "HTTP_REFERER": "c",
        "HTTP_AUTHORIZATION": "Session AQ",
        "REMOTE_ADDR": "d",
    }
    assert request_octets(environ) == len("Host: a\r\nContent-Type: b\r\n\r\n")
    assert request_octets({"HTTP_AUTHORIZATION": "Basic x"}) == len(
        "Authorization: Basic x\r\n\r\n"
    )
