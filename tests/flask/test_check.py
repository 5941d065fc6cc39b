"""CookieSessions.check: a fault of settings or keys stops the start, not the first visitor."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from flask import Flask, session

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.keys.provider import FIRST_REST_SECONDS
from tests.flask.conftest import Clock
from tests.flask.world import events_of, get, names_of, route


def application(**config: object) -> Flask:
    app = Flask(__name__)
    app.config.update(config)
    CookieSessions(app)
    return app


def test_a_key_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    app = application(COOKIE_SESSIONS_KEYS=f"file:{tmp_path}/none.json")
    with pytest.raises(ConfigurationError, match="there is no such file"):
        CookieSessions.check(app)


def test_a_setting_that_is_misspelt_stops_the_start() -> None:
    app = application(SECRET_KEY="k" * 32, COOKIE_SESSIONS_AUDIENC="shop")
    with pytest.raises(ConfigurationError, match="COOKIE_SESSIONS_AUDIENCE"):
        CookieSessions.check(app)


def test_fallbacks_that_are_no_keys_stop_the_start() -> None:
    CookieSessions.check(application(SECRET_KEY="k" * 32, SECRET_KEY_FALLBACKS=["f" * 32]))
    with pytest.raises(ConfigurationError):
        CookieSessions.check(application(SECRET_KEY="k" * 32, SECRET_KEY_FALLBACKS=[7]))


def test_an_application_without_any_key_may_start_as_in_flask() -> None:
    CookieSessions.check(application())


def test_a_source_that_does_not_answer_yet_does_not_stop_the_start(clock: Clock) -> None:
    texts: list[str] = []

    def fetch() -> str:
        if not texts:
            raise TimeoutError
        return texts[0]

    app = application(COOKIE_SESSIONS_KEYS=fetch)
    happened = events_of(app)
    CookieSessions.check(app)
    assert set(names_of(happened)) == {"unavailable"}
    texts.append(new_jwk_set())
    clock.forward(FIRST_REST_SECONDS[0])
    route(app, lambda: session.update(a=1))
    assert get(app).status_code == 200


def test_a_sound_ring_is_read_once_at_the_start() -> None:
    readings: list[int] = []

    def fetch() -> str:
        readings.append(threading.get_ident())
        return new_jwk_set()

    CookieSessions.check(application(COOKIE_SESSIONS_KEYS=fetch))
    assert len(readings) == 1
