"""What a session puts into a list of response headers, in the place of what stands there."""

from __future__ import annotations

from cookie_sessions.middleware.headers import (
    Headers,
    add_cookies,
    clear_site_data,
    give_token,
    is_public,
    keep_private,
    vary_on,
)


def test_lines_of_one_name_become_one_where_the_first_stood() -> None:
    headers: Headers = [
        ("vary", "Accept"),
        ("Cache-Control", "public"),
        ("X-Other", "1"),
        ("Vary", "Origin"),
        ("cache-control", "s-maxage=1, max-age=2"),
    ]
    vary_on(headers, "Cookie")
    keep_private(headers)
    assert headers == [
        ("vary", "Accept, Origin, Cookie"),
        ("Cache-Control", "max-age=2, private"),
        ("X-Other", "1"),
    ]


def test_what_is_said_already_stays_as_it_is() -> None:
    headers: Headers = [("Vary", "Accept"), ("Vary", "cookie"), ("Cache-Control", "no-store")]
    before = [*headers]
    vary_on(headers, "Cookie")
    keep_private(headers)
    assert headers == before


def test_cookies_stand_beside_those_of_the_application_in_their_order() -> None:
    headers: Headers = [("Set-Cookie", "own=1")]
    add_cookies(headers, ["session.1=b", "session=a"])
    assert [value for name, value in headers if name == "Set-Cookie"] == [
        "own=1",
        "session.1=b",
        "session=a",
    ]
    assert ("Cache-Control", "private") in headers


def test_a_token_is_given_in_a_response_that_nobody_keeps() -> None:
    headers: Headers = [("session-token", "forged"), ("Cache-Control", "public")]
    give_token(headers, "AQ")
    assert headers == [("session-token", "AQ"), ("Cache-Control", "no-store")]


def test_what_the_application_has_cleared_itself_stays_as_it_is() -> None:
    headers: Headers = [("clear-site-data", '"storage"')]
    clear_site_data(headers, ["cache"], keeps_cookies=False)
    assert headers == [("clear-site-data", '"storage"')]
    headers = []
    clear_site_data(headers, ["cache", "cookies"], keeps_cookies=True)
    assert headers == [("Clear-Site-Data", '"cache"')]


def test_a_response_is_public_where_it_says_so() -> None:
    assert is_public([("cache-control", "max-age=1"), ("Cache-Control", "Public")])
    assert not is_public([("X-Cache", "public")])
