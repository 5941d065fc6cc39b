"""What can't be kept: one error that says where and why, and the old cookie stays."""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from hashlib import shake_128
from typing import Any

import pytest
from flask import Flask, Response, make_response, session

from cookie_sessions.cookies import LIMIT, PROFILES, CookieAttributes, capacity
from cookie_sessions.errors import SessionTooLarge, UsageError
from tests.flask.world import events_of, get, names_of, ours, route, set_cookies

VALUES: list[tuple[Callable[[], object], str, str]] = [
    (lambda: session.update(thing=object()), r'session\["thing"\]', "object"),
    (
        lambda: session.update(cart=[1, 2, {}, {"price": 1 + 2j}]),
        r'session\["cart"\]\[3\]\["price"\]',
        "complex",
    ),
    (lambda: session.update(f=open), r'session\["f"\]', "builtin_function_or_method"),
    (lambda: session.update(buffer=bytearray(b"x")), r'session\["buffer"\]', "bytearray"),
    (lambda: session["cart"].append(iter([])), r'session\["cart"\]\[1\]', "iterator"),
    (lambda: session.setdefault("n", []).append({1: object}), r'session\["n"\]\[0\]', "type"),
]


MAX_COOKIES_OCTETS = capacity(LIMIT - CookieAttributes("session", samesite=None).octets(""))


def app_refusing(**config: Any) -> Flask:
    app = ours(**config)
    route(app, lambda: session.update(cart=[0]), at="/fill")
    route(app, lambda: dict(session), at="/show")
    return app


@pytest.mark.parametrize(("change", "path", "kind"), VALUES)
def test_the_error_names_the_place_and_the_type(
    change: Callable[[], object], path: str, kind: str
) -> None:
    app = app_refusing()
    route(app, change, at="/bad")
    client = app.test_client()
    client.get("/fill")
    with pytest.raises(UsageError, match=path) as caught:
        client.get("/bad")
    assert kind in str(caught.value)


@pytest.mark.parametrize("change", [change for change, _, _ in VALUES])
def test_the_visitor_gets_the_500_page_once_and_keeps_the_old_cookie(
    change: Callable[[], object],
) -> None:
    app = app_refusing(PROPAGATE_EXCEPTIONS=False)
    errors: list[object] = []
    pages: list[object] = []

    def bad() -> Response:
        change()
        return make_response("half done")

    def page(error: Any) -> tuple[str, int]:
        errors.append(error.original_exception)
        pages.append(len(session))
        return f"broken {bool(session)}", 500

    app.add_url_rule("/bad", view_func=bad)
    app.register_error_handler(500, page)
    client = app.test_client()
    client.get("/fill")
    before = client.get_cookie("session")
    response = client.get("/bad")
    assert (response.status_code, set_cookies(response)) == (500, [])
    assert "half done" not in response.text
    assert [type(error) for error in errors] == [UsageError]
    assert len(pages) == 1
    assert client.get_cookie("session") == before
    assert client.get("/show").text == "{'cart': [0]}"


@pytest.mark.parametrize("strict", [False, True])
def test_the_500_page_may_change_the_session_without_a_second_error(
    caplog: pytest.LogCaptureFixture, strict: bool
) -> None:
    app = app_refusing(PROPAGATE_EXCEPTIONS=False, COOKIE_SESSIONS_STRICT=strict)
    told = events_of(app)

    def page(_: Exception) -> tuple[str, int]:
        session["seen"] = object()
        return "broken", 500

    route(app, lambda: session.update(a=object()), at="/bad")
    app.register_error_handler(500, page)
    with caplog.at_level(logging.ERROR):
        response = get(app, "/bad")
    assert (response.status_code, response.text, set_cookies(response)) == (500, "broken", [])
    assert len([one for one in caplog.records if one.levelno >= logging.ERROR]) == 1
    assert names_of(told) == ["write_lost"]


def test_a_bad_value_that_is_taken_out_again_does_no_harm() -> None:
    app = app_refusing()
    route(app, lambda: (session.update(a=object()), session.modified, session.pop("a")), at="/bad")
    assert get(app, "/bad").status_code == 200


@pytest.mark.parametrize(
    ("profile", "octets"),
    [("portable", 4000), ("nginx", 4000), ("no-proxy", 7000), ("uwsgi", 4000), ("granian", 25_000)],
)
def test_a_session_over_its_budget_says_what_takes_the_room(profile: str, octets: int) -> None:
    app = app_refusing(COOKIE_SESSIONS_PROFILE=profile)
    told = events_of(app)
    noise = shake_128(b"noise").hexdigest(octets)
    route(app, lambda: session.update(small=1, large=noise), at="/large")
    client = app.test_client()
    client.get("/fill")
    with pytest.raises(SessionTooLarge) as caught:
        client.get("/large")
    error = caught.value
    rows = [line.split() for line in str(error).splitlines()[1:]]
    assert rows[0] == ["session", "key", "octets"]
    assert [row[0] for row in rows[1:]] == ["large", "small", "cart"]
    assert all(row[1].isdigit() for row in rows[1:])
    limits = PROFILES[profile]
    assert error.octets > error.limit
    assert error.limit in (limits.response, limits.cookie_line, MAX_COOKIES_OCTETS)
    assert noise[:20] not in str(error)
    assert names_of(told) == ["created", "oversize"]


def test_a_session_that_is_too_large_keeps_the_old_one() -> None:
    app = app_refusing(PROPAGATE_EXCEPTIONS=False)
    route(app, lambda: session.update(large=shake_128(b"noise").digest(4000)), at="/large")
    client = app.test_client()
    client.get("/fill")
    response = client.get("/large")
    assert (response.status_code, set_cookies(response)) == (500, [])
    assert client.get("/show").text == "{'cart': [0]}"


@pytest.mark.parametrize("profile", ["portable", "no-proxy"])
def test_no_cookie_that_is_set_is_ever_larger_than_browsers_keep(profile: str) -> None:
    app = ours(PROPAGATE_EXCEPTIONS=False, COOKIE_SESSIONS_PROFILE=profile)
    sizes: list[int] = []

    def view(length: int) -> str:
        session["noise"] = shake_128(b"noise").hexdigest(length)
        return ""

    app.add_url_rule("/<int:length>", view_func=view)
    for length in range(2000, 6000, 50):
        response = get(app, f"/{length}")
        sizes += [len(line) for line in set_cookies(response)]
        assert bool(set_cookies(response)) is (response.status_code == 200)
    assert sizes
    assert max(sizes) <= (4096 if profile == "no-proxy" else 3900)
    assert (len(sizes) > len(range(2000, 6000, 50))) is (profile == "no-proxy")


def test_the_table_of_sizes_shows_keys_on_one_line_and_only_plain_ones() -> None:
    app = ours()
    noise = shake_128(b"").digest(3000)
    held: dict[Any, Any] = {"evil\n\x1b[31m": noise, ("card", "4111"): noise}
    route(app, lambda: session.update(held))
    with pytest.raises(SessionTooLarge) as caught:
        get(app)
    text = str(caught.value)
    assert "\x1b" not in text
    assert "4111" not in text
    assert "evil\\n" in text


class Loud(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta:
        raise NotImplementedError("the secret is 4111")

    dst = tzname = utcoffset  # type: ignore[assignment]


class LoudMarkup:
    def __html__(self) -> str:
        raise RuntimeError("the secret is 4111")


@pytest.mark.parametrize("value", [datetime(2030, 1, 1, tzinfo=Loud()), LoudMarkup()])
def test_what_raises_while_it_is_packed_is_a_usage_error_without_its_words(value: object) -> None:
    app = ours()
    route(app, lambda: session.update(cart=[value]))
    with pytest.raises(UsageError, match=r'session\["cart"\]\[0\]') as caught:
        get(app)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "4111" not in str(caught.value)


def test_a_token_of_the_clients_that_nests_deeply_is_kept_as_it_is() -> None:
    deep = urlsafe_b64encode(b"[" * 4000 + b"]" * 4000).rstrip(b"=").decode()
    for text in (f"eyJhbGciOiJ4In0.{deep}.AAAA", f"eyJhbGciOiJ4In0.{deep[:2000]}.AAAA"):
        app = ours()
        route(app, lambda text=text: session.update(token=text, auth={"token": text}))  # type: ignore[misc]
        route(app, lambda text=text: session["token"] == session["auth"]["token"] == text, at="/is")  # type: ignore[misc]
        line = set_cookies(get(app))[0]
        assert get(app, "/is", cookie=line.partition(";")[0]).text == "True"
