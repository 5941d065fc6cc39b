"""What the extension adds to the bare interface: safer attributes and a warning."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import CookieSessionInterface, CookieSessions, WeakSecretKeyWarning
from cookie_sessions.keys import new_jwk_set
from tests.flask.world import SECRET, events_of, get, names_of, ours, route, sealed, set_cookies

WEAK = "dev"


def plain(secret: str | bytes = SECRET, **config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY=secret, PROPAGATE_EXCEPTIONS=True, **config)
    route(app, lambda: session.update(a=1))
    route(app, lambda: session.get("a"), at="/read")
    return app


def extended(secret: str | bytes = SECRET, *, harden: bool = True, **config: Any) -> Flask:
    app = plain(secret, **config)
    CookieSessions(app, harden=harden)
    return app


def bare(secret: str | bytes = SECRET, **config: Any) -> Flask:
    app = plain(secret, **config)
    app.session_interface = CookieSessionInterface()
    return app


def test_what_was_left_unset_becomes_lax() -> None:
    assert set_cookies(get(extended()))[0].endswith("; HttpOnly; Path=/; SameSite=Lax")


@pytest.mark.parametrize(
    "app", [extended(harden=False), bare()], ids=["harden=False", "the bare interface"]
)
def test_nothing_is_hardened_where_that_was_not_asked_for(app: Flask) -> None:
    assert set_cookies(get(app))[0].endswith("; HttpOnly; Path=/")


@pytest.mark.parametrize("samesite", ["Strict", "Lax", "None"])
def test_what_was_set_stays(samesite: str) -> None:
    app = extended(SESSION_COOKIE_SAMESITE=samesite, SESSION_COOKIE_SECURE=True)
    assert set_cookies(get(app))[0].endswith(f"; SameSite={samesite}")


def test_the_deletion_has_the_same_attributes() -> None:
    app = extended()
    route(app, lambda: session.clear(), at="/clear")
    assert set_cookies(get(app, "/clear"))[0].endswith("; HttpOnly; Path=/; SameSite=Lax")


@pytest.mark.parametrize("make", [bare, extended])
@pytest.mark.parametrize("weak", [WEAK, "fifteen octets.", b"x" * 15])
def test_a_weak_secret_key_is_told_once_for_each_application(
    make: Any, weak: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        app = make(weak)
        told = events_of(app)
        caplog.clear()
        with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "cookie_sessions"):
            warnings.simplefilter("ignore")
            for _ in range(3):
                get(app)
            app.secret_key = "short"
            get(app)
        assert names_of(told).count("weak_key") == 1
        assert [record.getMessage() for record in caplog.records] == ["weak_key"]


def test_only_the_extension_warns_and_says_what_to_do() -> None:
    with pytest.warns(WeakSecretKeyWarning, match=r"SECRET_KEY.*secrets\.token_hex") as caught:
        get(extended(WEAK))
    assert len(caught) == 1


def test_neither_the_bare_interface_nor_an_application_under_test_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        get(bare(WEAK))
        get(extended(WEAK, TESTING=True))


def test_warnings_as_errors_do_not_come_out_of_a_key_of_16_octets() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app = extended("sixteen octets..")
        told = events_of(app)
        get(app)
        assert "weak_key" not in names_of(told)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    path.write_text(new_jwk_set())
    return path


@pytest.mark.parametrize("secret", [None, WEAK, SECRET])
def test_keys_from_a_file_take_the_secret_keys_place(key_file: Path, secret: Any) -> None:
    apps = [extended(secret, COOKIE_SESSIONS_KEYS=f"file:{key_file}") for _ in range(2)]
    told = events_of(apps[0])
    cookie = f"session={sealed(get(apps[0]))}"
    assert get(apps[1], "/read", cookie=cookie).text == "1"
    assert get(bare(), "/read", cookie=cookie).text == "None"
    apps[0].secret_key = "a changed secret key means nothing now"
    assert get(apps[0], "/read", cookie=cookie).text == "1"
    assert names_of(told) == ["keys_loaded", "created"]


def test_keys_from_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYS_OF_THESE_TESTS", new_jwk_set())
    apps = [extended(COOKIE_SESSIONS_KEYS="env:KEYS_OF_THESE_TESTS") for _ in range(2)]
    cookie = f"session={sealed(get(apps[0]))}"
    assert get(apps[1], "/read", cookie=cookie).text == "1"


@pytest.mark.parametrize(
    "url", ["keys.json", "http://example.com/keys", "env:", "file:", "env:a-b", 5, ["env:A"], ""]
)
def test_a_wrong_place_of_keys_is_a_configuration_error(url: Any) -> None:
    with pytest.raises(ConfigurationError):
        get(extended(COOKIE_SESSIONS_KEYS=url))


@pytest.mark.parametrize("url", ["file:/nowhere/keys.json", "env:NO_SUCH_VARIABLE_HERE"])
def test_missing_keys_are_a_configuration_error_and_no_null_session(url: str) -> None:
    with pytest.raises(ConfigurationError):
        get(extended(COOKIE_SESSIONS_KEYS=url))


def test_an_unknown_setting_is_refused_with_the_nearest_known_one() -> None:
    app = extended(COOKIE_SESSIONS_AUDIANCE="x")
    with pytest.raises(ConfigurationError, match="Did you mean COOKIE_SESSIONS_AUDIENCE"):
        get(app)


@pytest.mark.parametrize(
    "wrong",
    [
        {"AUDIENCE": 5},
        {"AUDIENCE": "x" * 256},
        {"ABSOLUTE_TIMEOUT": -1},
        {"ABSOLUTE_TIMEOUT": True},
        {"ABSOLUTE_TIMEOUT": "1h"},
        {"STRICT": "yes"},
        {"JOIN_BY_COMMAS": 1},
        {"PREVIOUS_NAMES": ["session"]},
        {"PREVIOUS_NAMES": {"session": "soon"}},
        {"PREVIOUS_NAMES": {"a;b": "2030-01-01"}},
        {"FORMER_SCOPES": [("a", "b", "c")]},
        {"FORMER_SCOPES": "/"},
        {"TYPES": [int]},
        {"SECRET_NAMES": "csrf"},
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    app = extended(**{f"COOKIE_SESSIONS_{name}": value})
    with pytest.raises(ConfigurationError, match=f"COOKIE_SESSIONS_{name}"):
        get(app)


def test_settings_of_ours_are_frozen_after_the_first_request() -> None:
    app = extended()
    app.config["COOKIE_SESSIONS_AUDIENCE"] = "early"
    cookie = f"session={sealed(get(app))}"
    app.config["COOKIE_SESSIONS_AUDIENCE"] = "late"
    assert get(app, "/read", cookie=cookie).text == "1"
    assert get(extended(COOKIE_SESSIONS_AUDIENCE="late"), "/read", cookie=cookie).text == "None"


def test_a_listener_that_fails_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    app = ours()
    route(app, lambda: session.update(a=1))

    def broken(_: object) -> None:
        raise ValueError("the listener's own text")

    CookieSessions.events(app).subscribe(broken)
    assert get(app).status_code == 200
    assert "the listener's own text" not in caplog.text
    assert "ValueError" in caplog.text
