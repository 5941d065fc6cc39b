"""When a session ends: decided inside the seal, whatever the browser keeps."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, session
from flask.sessions import SecureCookieSession
from flask.testing import FlaskClient

from cookie_sessions.flask import FlaskSession
from tests.flask.conftest import Clock
from tests.flask.world import events_of, get, names_of, ours, route, sealed, set_cookies

LIFETIME = 1000


def app_that_keeps(**config: Any) -> Flask:
    app = ours(PERMANENT_SESSION_LIFETIME=LIFETIME, **config)
    route(app, lambda: session.update(a=1), at="/write")
    route(app, lambda: session.update(a=1, _permanent=True), at="/keep")
    route(app, lambda: session.get("a"))
    route(app, lambda: "untouched", at="/other")
    return app


def test_extensions_are_told_until_when_a_browser_keeps_the_cookie(clock: Clock) -> None:
    def kept_until(app: Flask, of: Any) -> float | None:
        expires = app.session_interface.get_expiration_time(app, of)
        return None if expires is None else expires.timestamp()

    for config in ({}, {"COOKIE_SESSIONS_IDLE_TIMEOUT": 600}):
        app = app_that_keeps(**config)
        flasks = pytest.approx(time.time() + LIFETIME, abs=60)
        with app.test_request_context():
            held = session._get_current_object()  # type: ignore[attr-defined]
            assert kept_until(app, held) is None
            held.permanent = True
            assert kept_until(app, held) == (clock.time + 600 if config else flasks)
            # What another interface has made is kept as Flask keeps it.
            assert kept_until(app, SecureCookieSession({"_permanent": True})) == flasks


@pytest.mark.parametrize("path", ["/write", "/keep"])
def test_a_session_ends_when_its_lifetime_is_over(clock: Clock, path: str) -> None:
    app = app_that_keeps()
    told = events_of(app)
    cookie = f"session={sealed(get(app, path))}"
    clock.forward(LIFETIME)
    assert get(app, cookie=cookie).text == "1"
    clock.forward(1)
    assert get(app, cookie=cookie).text == "None"
    assert names_of(told) == ["created", "rejected:expired_idle"]


def test_a_permanent_session_lives_on_while_it_is_used(clock: Clock) -> None:
    client = app_that_keeps().test_client()
    client.get("/keep")
    for _ in range(5):
        clock.forward(LIFETIME - 1)
        assert client.get("/").text == "1"
    clock.forward(LIFETIME + 1)
    assert client.get("/").text == "None"


def test_a_permanent_session_lives_on_while_other_pages_are_visited(clock: Clock) -> None:
    client = app_that_keeps().test_client()
    client.get("/keep")
    for _ in range(5):
        clock.forward(LIFETIME - 1)
        client.get("/other")
    assert client.get("/").text == "1"


def test_reading_does_not_prolong_a_session_that_is_not_permanent(clock: Clock) -> None:
    client = app_that_keeps().test_client()
    client.get("/write")
    clock.forward(LIFETIME - 1)
    assert client.get("/").text == "1"
    clock.forward(2)
    assert client.get("/").text == "None"


def test_writing_prolongs_any_session(clock: Clock) -> None:
    client = app_that_keeps().test_client()
    for _ in range(3):
        client.get("/write")
        clock.forward(LIFETIME - 1)
    assert client.get("/").text == "1"


def test_a_shortened_lifetime_ends_sessions_that_were_sealed_before(clock: Clock) -> None:
    app = app_that_keeps()
    client = app.test_client()
    client.get("/write")
    clock.forward(101)
    app.permanent_session_lifetime = timedelta(seconds=100)
    assert client.get("/").text == "None"


def test_a_lengthened_lifetime_does_not_revive_what_was_sealed_before(clock: Clock) -> None:
    app = app_that_keeps()
    client = app.test_client()
    client.get("/write")
    clock.forward(LIFETIME + 1)
    app.permanent_session_lifetime = timedelta(days=30)
    assert client.get("/").text == "None"


@pytest.mark.parametrize("timeout", [2500, timedelta(seconds=2500)])
def test_an_absolute_timeout_ends_even_a_session_in_use(clock: Clock, timeout: Any) -> None:
    app = app_that_keeps(COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=timeout)
    told = events_of(app)
    client = app.test_client()
    client.get("/keep")
    for _ in range(5):
        clock.forward(500)
        assert client.get("/").text == "1"
    clock.forward(1)
    assert client.get("/").text == "None"
    assert names_of(told) == ["created", "rejected:expired_absolute"]


def test_without_an_absolute_timeout_a_session_in_use_never_ends(clock: Clock) -> None:
    client = app_that_keeps().test_client()
    client.get("/keep")
    for _ in range(400):
        clock.forward(999)
        assert client.get("/").text == "1"


@pytest.mark.parametrize(("ahead", "shown"), [(299, "1"), (300, "1"), (301, "None")])
def test_a_clock_may_differ_by_five_minutes(clock: Clock, ahead: int, shown: str) -> None:
    app = app_that_keeps()
    told = events_of(app)
    cookie = f"session={sealed(get(app, '/write'))}"
    clock.forward(-ahead)
    response = get(app, cookie=cookie)
    assert response.text == shown
    assert set_cookies(response) == []
    assert ("rejected:not_yet_valid" in names_of(told)) is (shown == "None")


def test_the_browsers_own_end_is_flasks_whatever_ours_is(clock: Clock) -> None:
    client = app_that_keeps(COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=10).test_client()
    client.get("/keep")
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert cookie.expires is not None


@pytest.mark.parametrize("seconds", [0, 0.5, -1])
def test_a_lifetime_of_nothing_is_over_in_the_next_second(clock: Clock, seconds: float) -> None:
    app = app_that_keeps()
    app.permanent_session_lifetime = timedelta(seconds=seconds)
    client = app.test_client()
    client.get("/write")
    clock.forward(1)
    assert client.get("/").text == "None"


def ended(client: FlaskClient, clock: Clock) -> None:
    client.get("/write")
    clock.forward(LIFETIME + 1)


def test_an_ended_session_is_deleted_from_the_browser_when_it_is_touched(clock: Clock) -> None:
    client = app_that_keeps().test_client()
    ended(client, clock)
    assert set_cookies(client.get("/other")) == []
    response = client.get("/")
    assert set_cookies(response) == [
        "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Path=/"
    ]
    assert response.headers["Vary"] == "Cookie"
    assert response.headers["Cache-Control"] == "private"
    assert client.get_cookie("session") is None


def test_what_is_stored_after_the_end_is_a_new_session(clock: Clock) -> None:
    app = app_that_keeps()

    def sid() -> str:
        held: Any = session
        found: FlaskSession = held._get_current_object()
        return found.sid

    route(app, sid, at="/sid")
    client = app.test_client()
    client.get("/write")
    before = client.get("/sid").text
    clock.forward(LIFETIME + 1)
    client.get("/write")
    assert client.get("/sid").text != before
    assert client.get("/").text == "1"
