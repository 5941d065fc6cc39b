"""When the end of a permanent session is moved, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, make_response, session

from tests.flask.conftest import Clock
from tests.flask.world import (
    Counter,
    counting_cryptography,
    events_of,
    get,
    names_of,
    ours,
    route,
    sealed,
    set_cookies,
)


def public() -> Response:
    response = make_response("file")
    response.cache_control.public = True
    response.cache_control.max_age = 3600
    return response


def app_with_lifetime(seconds: float, **config: Any) -> Flask:
    app = ours(PERMANENT_SESSION_LIFETIME=seconds, **config)
    route(app, lambda: session.update(a=[1], _permanent=True), at="/keep")
    route(app, lambda: session.update(a=[1]), at="/write")
    route(app, lambda: session["a"], at="/read")
    route(app, lambda: "a" in session, at="/member")
    route(app, lambda: "untouched", at="/other")
    app.add_url_rule("/public", view_func=public)
    return app


def visit(app: Flask, path: str, cookie: str) -> tuple[bool, str | None, Counter]:
    with counting_cryptography() as counter:
        response = get(app, path, cookie=f"session={cookie}")
    return bool(set_cookies(response)), response.headers.get("Vary"), counter


@pytest.mark.parametrize("path", ["/read", "/member"])
def test_a_touched_permanent_session_is_refreshed_on_each_response(clock: Clock, path: str) -> None:
    app = app_with_lifetime(1000)
    written, vary, counter = visit(app, path, sealed(get(app, "/keep")))
    assert (written, vary, counter.opens, counter.seals) == (True, "Cookie", 1, 1)


@pytest.mark.parametrize("path", ["/read", "/member"])
def test_a_touched_session_that_is_not_permanent_is_left_alone(clock: Clock, path: str) -> None:
    app = app_with_lifetime(1000)
    written, vary, counter = visit(app, path, sealed(get(app, "/write")))
    assert (written, vary, counter.opens, counter.seals) == (False, "Cookie", 1, 0)


@pytest.mark.parametrize(("lifetime", "age"), [(1000, 10), (6000, 60), (86_400 * 31, 60), (50, 1)])
def test_an_untouched_one_is_refreshed_from_a_minute_or_a_hundredth_on(
    clock: Clock, lifetime: int, age: int
) -> None:
    app = app_with_lifetime(lifetime)
    cookie = sealed(get(app, "/keep"))
    clock.forward(age - 1)
    written, vary, counter = visit(app, "/other", cookie)
    assert (written, vary, counter.opens, counter.seals) == (False, "Cookie", 0, 0)
    clock.forward(1)
    written, vary, counter = visit(app, "/other", cookie)
    assert (written, vary, counter.opens, counter.seals) == (True, "Cookie", 1, 1)


def test_an_untouched_one_that_is_not_permanent_costs_nothing_ever(clock: Clock) -> None:
    app = app_with_lifetime(1000)
    cookie = sealed(get(app, "/write"))
    clock.forward(999)
    written, vary, counter = visit(app, "/other", cookie)
    assert (written, vary, counter.opens, counter.seals) == (False, None, 0, 0)


def test_a_visitor_without_a_session_costs_nothing() -> None:
    app = app_with_lifetime(1000)
    with counting_cryptography() as counter:
        for path in ("/other", "/member"):
            assert set_cookies(get(app, path)) == []
    assert (counter.opens, counter.seals) == (0, 0)


def test_no_refresh_rides_on_a_public_response(clock: Clock) -> None:
    app = app_with_lifetime(1000)
    cookie = sealed(get(app, "/keep"))
    clock.forward(900)
    response = get(app, "/public", cookie=f"session={cookie}")
    assert set_cookies(response) == []
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert response.headers["Vary"] == "Cookie"


def test_refreshing_can_be_turned_off_as_in_flask(clock: Clock) -> None:
    app = app_with_lifetime(1000, SESSION_REFRESH_EACH_REQUEST=False)
    cookie = sealed(get(app, "/keep"))
    clock.forward(900)
    for path in ("/other", "/read", "/member"):
        written, vary, counter = visit(app, path, cookie)
        assert (written, vary, counter.seals) == (False, "Cookie", 0)
        assert counter.opens == (path != "/other")
    app.config["SESSION_REFRESH_EACH_REQUEST"] = True
    assert visit(app, "/other", cookie)[0]


def test_a_refresh_keeps_the_session_and_its_id(clock: Clock) -> None:
    app = app_with_lifetime(1000)
    told = events_of(app)
    cookie = sealed(get(app, "/keep"))
    for _ in range(5):
        clock.forward(900)
        cookie = sealed(get(app, "/other", cookie=f"session={cookie}"))
    assert get(app, "/read", cookie=f"session={cookie}").text == "[1]"
    assert names_of(told) == ["created"]


def test_what_can_not_be_opened_is_not_refreshed(clock: Clock) -> None:
    app = app_with_lifetime(1000)
    cookie = sealed(get(app, "/keep"))
    forged = cookie[:-5] + ("A" if cookie[-5] != "A" else "B") + cookie[-4:]
    clock.forward(900)
    response = get(app, "/other", cookie=f"session={forged}")
    assert (response.text, set_cookies(response)) == ("untouched", [])
    clock.forward(200)
    response = get(app, "/other", cookie=f"session={cookie}")
    assert (response.text, set_cookies(response)) == ("untouched", [])


def test_a_refresh_looks_as_if_the_session_was_written_in_its_headers(clock: Clock) -> None:
    app = app_with_lifetime(1000)
    cookie = sealed(get(app, "/keep"))
    clock.forward(900)
    response = get(app, "/other", cookie=f"session={cookie}")
    assert response.headers["Cache-Control"] == "private"
    (line,) = set_cookies(response)
    assert "; Expires=" in line


def test_a_refresh_seals_under_the_new_key(clock: Clock) -> None:
    app = app_with_lifetime(1000)
    cookie = sealed(get(app, "/keep"))
    app.config.update(SECRET_KEY_FALLBACKS=[app.secret_key], SECRET_KEY="the key that came after")
    clock.forward(900)
    cookie = sealed(get(app, "/other", cookie=f"session={cookie}"))
    app.config["SECRET_KEY_FALLBACKS"] = []
    assert get(app, "/read", cookie=f"session={cookie}").text == "[1]"


def test_a_change_that_was_forgotten_makes_no_session_permanent(clock: Clock) -> None:
    app = app_with_lifetime(1000)

    def forget() -> None:
        session.permanent = True
        session.modified = False

    route(app, forget, at="/forget")
    cookie = sealed(get(app, "/write"))
    cookie = sealed(get(app, "/forget", cookie=f"session={cookie}"))
    clock.forward(61)
    assert visit(app, "/other", cookie)[0] is False
    with counting_cryptography() as counter:
        get(app, "/other", cookie=f"session={cookie}")
    assert counter.opens == 0
