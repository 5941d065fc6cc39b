"""Flask's settings mean what they mean with Flask's interface, and are read on each request."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, session
from flask.sessions import SessionInterface
from werkzeug.test import TestResponse

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask.state import AppState
from tests.flask.world import INTERFACES, app_with, get, ours, route, sealed, set_cookies

COOKIE_SETTINGS: list[dict[str, Any]] = [
    {},
    {"SESSION_COOKIE_NAME": "sid"},
    {"SESSION_COOKIE_DOMAIN": "example.com"},
    {"SESSION_COOKIE_DOMAIN": ".example.com"},
    {"SESSION_COOKIE_DOMAIN": "example.com:8080"},
    {"SESSION_COOKIE_DOMAIN": "bücher.example"},
    {"SESSION_COOKIE_DOMAIN": False},
    {"SESSION_COOKIE_DOMAIN": ""},
    {"SERVER_NAME": "example.com:5000"},
    {"SESSION_COOKIE_PATH": "/app"},
    {"SESSION_COOKIE_PATH": "/a b/ü;,%41"},
    {"APPLICATION_ROOT": "/root"},
    {"APPLICATION_ROOT": "/root", "SESSION_COOKIE_PATH": "/app"},
    {"APPLICATION_ROOT": "/root", "SESSION_COOKIE_PATH": ""},
    {"SESSION_COOKIE_HTTPONLY": False},
    {"SESSION_COOKIE_SECURE": True},
    {"SESSION_COOKIE_SAMESITE": "Lax"},
    {"SESSION_COOKIE_SAMESITE": "strict"},
    {"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True},
    {"SESSION_COOKIE_PARTITIONED": True},
    {"SESSION_COOKIE_PARTITIONED": True, "SESSION_COOKIE_SECURE": False},
    {
        "SESSION_COOKIE_NAME": "__Host-sid",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_PATH": "/",
    },
    {
        "SESSION_COOKIE_NAME": "all",
        "SESSION_COOKIE_DOMAIN": "example.com",
        "SESSION_COOKIE_PATH": "/p",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": False,
        "SESSION_COOKIE_SAMESITE": "None",
        "SESSION_COOKIE_PARTITIONED": True,
    },
]


def with_views(app: Flask) -> Flask:
    route(app, lambda: session.update(a=1), at="/write")
    route(app, lambda: session.update(a=1, _permanent=True), at="/keep")
    route(app, lambda: session.clear(), at="/clear")
    route(app, lambda: dict(session), at="/")
    return app


@pytest.fixture
def app(interface: SessionInterface) -> Flask:
    return with_views(app_with(interface))


def lines(response: TestResponse) -> list[str]:
    """The Set-Cookie lines without what can't be equal: the value and the second."""
    return [
        re.sub(r"^([^=]+)=[^;]+", r"\1=VALUE", re.sub(r"\d\d:\d\d:\d\d", "TIME", line))
        for line in set_cookies(response)
    ]


def requests_of(app: Flask) -> list[list[str]]:
    return [lines(get(app, path)) for path in ("/write", "/keep", "/clear", "/")]


@pytest.mark.parametrize("settings", COOKIE_SETTINGS, ids=str)
def test_the_cookies_line_is_the_one_that_flask_renders(settings: dict[str, Any]) -> None:
    shown = [requests_of(with_views(app_with(make(), **settings))) for make in INTERFACES.values()]
    assert shown[1] == shown[0]
    assert [len(one) for one in shown[1]] == [1, 1, 1, 0]


def test_settings_that_change_between_requests_take_effect_at_once() -> None:
    apps = [with_views(app_with(make())) for make in INTERFACES.values()]
    defaults = dict(apps[0].config)
    for settings in COOKIE_SETTINGS:
        shown = []
        for app in apps:
            app.config.update({**defaults, **settings})
            shown.append(requests_of(app))
        assert shown[1] == shown[0]


def test_a_samesite_that_no_browser_knows_is_an_error_in_both(app: Flask) -> None:
    app.config["SESSION_COOKIE_SAMESITE"] = "Sometimes"
    with pytest.raises(ValueError, match=r"(?i)samesite"):
        get(app, "/write")


def test_a_domain_that_is_none_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="not a domain name"):
        get(with_views(ours(SESSION_COOKIE_DOMAIN="a b")), "/write")


def test_a_setting_that_is_wrong_is_one_error_in_the_log_and_a_500(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = with_views(ours(SESSION_COOKIE_DOMAIN="a b", PROPAGATE_EXCEPTIONS=False))
    assert get(app, "/write").status_code == 500
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ConfigurationError)


def test_numbers_count_as_true_and_false_where_flask_would_write_them_out() -> None:
    app = with_views(ours(SESSION_COOKIE_SECURE=1, SESSION_COOKIE_HTTPONLY=0))
    assert lines(get(app, "/write")) == ["session=VALUE; Secure; Path=/"]


def test_a_host_prefix_with_a_domain_is_refused_with_the_setting_to_change() -> None:
    app = with_views(ours(SESSION_COOKIE_NAME="__Host-s", SESSION_COOKIE_DOMAIN="example.com"))
    with pytest.raises(ConfigurationError, match=r"SESSION_COOKIE_SECURE.*SESSION_COOKIE_DOMAIN"):
        get(app, "/write")


def test_a_permanent_session_expires_when_the_lifetime_is_over(app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = 77
    client = app.test_client()
    client.get("/write")
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert cookie.expires is None
    client.get("/keep")
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert cookie.expires is not None
    app.permanent_session_lifetime = timedelta(days=5)
    client.get("/keep")
    later = client.get_cookie("session")
    assert later is not None
    assert later.expires is not None
    assert timedelta(days=4) < later.expires - cookie.expires < timedelta(days=5)


def test_after_the_secret_key_changed_old_cookies_no_longer_open(app: Flask) -> None:
    client = app.test_client()
    client.get("/write")
    assert client.get("/").text == "{'a': 1}"
    app.secret_key = "another secret key, just as long"
    assert client.get("/").text == "{}"
    client.get("/write")
    assert client.get("/").text == "{'a': 1}"


@pytest.mark.parametrize("in_place", [True, False])
def test_a_rotated_secret_key_logs_nobody_out_while_it_is_a_fallback(
    app: Flask, in_place: bool
) -> None:
    client = app.test_client()
    client.get("/write")
    fallbacks: list[Any] = []
    app.config["SECRET_KEY_FALLBACKS"] = fallbacks
    for number in range(3):
        assert client.get("/").text == "{'a': 1}"
        old = app.secret_key
        app.secret_key = f"secret key number {number}, long enough"
        if in_place:
            fallbacks.append(old)
        else:
            fallbacks = [old, *fallbacks]
            app.config["SECRET_KEY_FALLBACKS"] = fallbacks
    assert client.get("/").text == "{'a': 1}"
    app.config["SECRET_KEY_FALLBACKS"].clear()
    assert client.get("/").text == "{}"


def test_keys_are_derived_anew_only_where_a_secret_changed() -> None:
    app = ours(SECRET_KEY_FALLBACKS=["a former secret key"])
    state = AppState.of(app)
    ring = state.ring()
    assert state.ring() is ring
    app.config["SECRET_KEY_FALLBACKS"] = ["a former secret key"]
    assert state.ring() is ring
    app.config["SECRET_KEY_FALLBACKS"].append("another")
    assert len(state.ring()) == len(ring) + 1


def test_a_cookie_is_written_under_the_new_key_and_opens_without_the_old(app: Flask) -> None:
    client = app.test_client()
    client.get("/write")
    app.config.update(SECRET_KEY_FALLBACKS=[app.secret_key], SECRET_KEY=b"bytes are a key as well")
    client.get("/write")
    app.config["SECRET_KEY_FALLBACKS"] = None
    assert client.get("/").text == "{'a': 1}"


@pytest.mark.parametrize("missing", [None, "", b""])
def test_without_a_key_reading_works_and_writing_says_why_not(app: Flask, missing: Any) -> None:
    app.config["SECRET_KEY"] = missing
    assert get(app, "/").text == "{}"
    for path in ("/write", "/keep", "/clear"):
        with pytest.raises(RuntimeError, match="no secret key was set"):
            get(app, path)
    assert set_cookies(get(app, "/", cookie="session=whatever")) == []


def test_a_key_that_is_set_later_is_used_from_then_on(app: Flask) -> None:
    app.config["SECRET_KEY"] = None
    client = app.test_client()
    assert client.get("/").text == "{}"
    app.secret_key = "set at last, and long enough"
    client.get("/write")
    assert client.get("/").text == "{'a': 1}"


def test_a_cookie_opens_under_its_own_name_only() -> None:
    app = with_views(ours())
    value = sealed(get(app, "/write"))
    assert get(app, cookie=f"session={value}").text == "{'a': 1}"
    app.config["SESSION_COOKIE_NAME"] = "other"
    assert get(app, cookie=f"other={value}").text == "{}"
