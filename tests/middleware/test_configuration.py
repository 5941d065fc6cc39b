"""The settings of the middleware: the names that they have in Flask, read once."""

from __future__ import annotations

import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import Events
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.configuration import LIFETIME, Configuration
from tests.flask.world import names_of
from tests.middleware.connections import cut_off
from tests.middleware.sites import SECRET


def read(**config: Any) -> Configuration:
    return Configuration.from_mapping({"SECRET_KEY": SECRET, **config})


def refused(**config: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Sessions({"SECRET_KEY": SECRET, **config})
    return str(caught.value)


def test_what_is_left_unset_is_as_in_flask_with_the_safer_samesite() -> None:
    configuration = read()
    cookie = configuration.cookie
    assert (cookie.name, cookie.path, cookie.domain) == ("session", "/", None)
    assert (cookie.httponly, cookie.secure, cookie.samesite) == (True, False, "Lax")
    assert (cookie.partitioned, configuration.lifetime) == (False, LIFETIME)
    assert configuration.each_request


def test_none_counts_as_unset() -> None:
    names = ("NAME", "DOMAIN", "PATH", "SECURE", "HTTPONLY", "SAMESITE", "PARTITIONED")
    assert read(**{f"SESSION_COOKIE_{name}": None for name in names}) == read()
    assert read(PERMANENT_SESSION_LIFETIME=None, SECRET_KEY_FALLBACKS=None) == read()


def test_each_setting_of_the_cookie_is_read() -> None:
    cookie = read(
        SESSION_COOKIE_NAME="sid",
        SESSION_COOKIE_DOMAIN="shop.test",
        SESSION_COOKIE_PATH="/app",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=False,
        SESSION_COOKIE_SAMESITE="None",
        SESSION_COOKIE_PARTITIONED=True,
    ).cookie
    assert cookie.render("x") == (
        "sid=x; Domain=shop.test; Secure; Path=/app; SameSite=None; Partitioned"
    )


@pytest.mark.parametrize("lifetime", [60, timedelta(minutes=1)])
def test_a_lifetime_is_seconds_or_a_timedelta(lifetime: object) -> None:
    assert read(PERMANENT_SESSION_LIFETIME=lifetime).lifetime == 60


def test_other_names_of_a_frameworks_configuration_are_passed_over() -> None:
    assert read(DEBUG=True, DATABASE="x", session_cookie_name="x", SESSIONS=1) == read()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("SESSION_COOKIE_SAMSITE", "SESSION_COOKIE_SAMESITE"),
        ("SESSION_X", "Known are"),
        ("COOKIE_SESSIONS_AUDIANCE", "COOKIE_SESSIONS_AUDIENCE"),
    ],
)
def test_a_name_that_nobody_reads_is_refused_with_the_nearest_one(name: str, near: str) -> None:
    assert near in refused(**{name: "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_COOKIE_SECURE", "yes"),
        ("SESSION_COOKIE_NAME", 1),
        ("SESSION_COOKIE_NAME", "a b"),
        ("SESSION_COOKIE_SAMESITE", "lux"),
        ("SESSION_COOKIE_DOMAIN", "a;b"),
        ("SESSION_REFRESH_EACH_REQUEST", 1),
        ("PERMANENT_SESSION_LIFETIME", "1d"),
        ("PERMANENT_SESSION_LIFETIME", True),
        ("SECRET_KEY_FALLBACKS", "text"),
        ("COOKIE_SESSIONS_IDLE_TIMEOUT", -1),
    ],
)
def test_a_value_that_can_not_be_used_stops_the_start(name: str, value: object) -> None:
    assert refused(**{name: value})


def test_a_prefix_with_which_browsers_drop_the_cookie_stops_the_start() -> None:
    assert "SESSION_COOKIE_DOMAIN" in refused(
        COOKIE_SESSIONS_COOKIE_PREFIX="host", SESSION_COOKIE_DOMAIN="shop.test"
    )


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("CSRF", True, "origin_verdict"),
        ("CSRF_TRUSTED_ORIGINS", ["https://a.test"], "origin_verdict"),
        ("HANDOFF_ORIGIN", "https://a.test", "OpenID Connect"),
        ("REAUTHENTICATION_VIEW", "login", "ReauthenticationRequired"),
        ("ACCEPT_FLASK_COOKIES_UNTIL", "2020-01-01", "Flask application"),
        ("FLASK_COOKIES_WRITTEN_BEFORE", "2020-01-01T00:00:00Z", "Flask application"),
    ],
)
def test_what_only_flasks_adapter_serves_is_refused_with_what_to_do_instead(
    name: str, value: object, instead: str
) -> None:
    message = refused(**{f"COOKIE_SESSIONS_{name}": value})
    assert f"COOKIE_SESSIONS_{name} is for Flask alone" in message
    assert instead in message


def test_what_is_turned_off_is_no_matter() -> None:
    assert read(COOKIE_SESSIONS_CSRF=False).settings.csrf is False
    assert read(COOKIE_SESSIONS_HANDOFF_SOURCES=[], COOKIE_SESSIONS_PROBE=None) == read()


def test_without_any_key_there_is_no_start() -> None:
    for config in ({}, {"SECRET_KEY": ""}, {"SECRET_KEY": None}):
        with pytest.raises(ConfigurationError, match="There is no key"):
            Sessions(config)


def test_a_ring_that_is_wrong_stops_the_start(tmp_path: Path) -> None:
    ring = tmp_path / "keys.json"
    ring.write_text("{}")
    ring.chmod(0o600)
    assert str(ring) in refused(COOKIE_SESSIONS_KEYS=f"file:{ring}")


def test_a_ring_that_does_not_answer_may_come_yet() -> None:
    events = Events()
    told: list[Any] = []
    events.subscribe(told.append)

    def unreachable() -> str:
        raise TimeoutError

    sessions = Sessions({"COOKIE_SESSIONS_KEYS": unreachable}, events=events)
    assert names_of(told) == ["unavailable"]
    assert sessions.events is events


def test_a_weak_secret_is_told_of_once() -> None:
    events = Events()
    told: list[Any] = []
    events.subscribe(told.append)
    sessions = Sessions({"SECRET_KEY": "short"}, events=events)
    sessions.manager.ring()
    assert names_of(told) == ["weak_key"]


def test_without_a_list_there_is_none_to_ask() -> None:
    with pytest.raises(ConfigurationError, match="There is no revocation list"):
        cut_off().revocations  # noqa: B018


def test_neither_a_configuration_nor_a_refusal_shows_a_secret() -> None:
    canary = "canary-of-a-secret-key-that-is-long"
    sessions = Sessions({"SECRET_KEY": canary, "SECRET_KEY_FALLBACKS": [canary + "2"]})
    assert "canary" not in repr([sessions, sessions.configuration, vars(sessions)])
    with pytest.raises(ConfigurationError) as caught:
        Sessions({"SECRET_KEY": canary, "SECRET_KEY_FALLBACKS": canary})
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    package = [frame for frame in frames if "/cookie_sessions/" in frame.f_code.co_filename]
    # The mapping itself is the caller's, who has it in their own frame as well.
    held = [value for one in package for key, value in one.f_locals.items() if key != "config"]
    assert package
    assert "canary" not in repr(held) + str(caught.value)
