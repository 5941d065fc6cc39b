"""The probe in an application: there while the setting says so, and nowhere else."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from flask import Flask, request, session
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import TestResponse

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.probe import ProbeEntrance
from cookie_sessions.probe import HEADER, PATH, RUN_HEADER, Grant, new_run, new_token
from tests.flask.conftest import Clock
from tests.flask.world import SECRET, counting_cryptography, get, ours, set_cookies

SMALL = f"{PATH}?set=0&lines=1"


def app_with(grant: Grant | None, **config: Any) -> Flask:
    app = Flask("probed")
    app.config.update(SECRET_KEY=SECRET, **config)
    if grant is not None:
        app.config["COOKIE_SESSIONS_PROBE"] = grant.to_text()
    CookieSessions(app)
    app.add_url_rule("/", view_func=lambda: str(session.get("seen")))
    return app


def ask(
    app: Flask, token: str, *, run: str = "0" * 32, at: str = SMALL, method: str = "GET"
) -> TestResponse:
    client = app.test_client(use_cookies=False)
    headers = {HEADER: token, RUN_HEADER: run}
    return client.open(at, method=method, headers=headers, buffered=True)


def same(first: TestResponse, second: TestResponse) -> bool:
    return (first.status, first.data, list(first.headers)) == (
        second.status,
        second.data,
        list(second.headers),
    )


def test_the_right_token_is_answered_at_the_first_request(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    app = app_with(grant, COOKIE_SESSIONS_PROFILE=["nginx", "gunicorn"], SESSION_COOKIE_SECURE=True)
    response = ask(app, token)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads(response.data)["application"] == {
        "profile": "nginx+gunicorn",
        "secure": True,
        "join_by_commas": False,
    }


def test_by_default_there_is_no_such_path_whatever_is_sent(clock: Clock) -> None:
    token, _ = new_token(now=clock())
    app = app_with(None)
    assert same(ask(app, token), get(app, "/no-such-path"))
    assert same(ask(app, token), get(app, PATH))
    assert get(app, PATH).status_code == 404


def test_a_wrong_expired_or_replayed_token_gets_what_an_unknown_path_gets(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    app = app_with(grant)
    unknown = get(app, "/no-such-path")
    assert same(ask(app, new_token(now=clock())[0]), unknown)
    assert same(get(app, SMALL), unknown)
    assert ask(app, token).status_code == 200
    assert same(ask(app, token, run=new_run()), unknown)
    assert same(ask(app, token, method="POST"), get(app, "/no-such-path", method="POST"))
    assert same(ask(app, token, at="/no-such-path"), unknown)
    clock.forward(3600)
    assert same(ask(app, token), unknown)


def test_after_the_end_of_a_run_the_path_is_unknown(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    app = app_with(grant)
    assert ask(app, token, at=f"{PATH}?end").status_code == 200
    assert same(ask(app, token), get(app, "/no-such-path"))


def test_it_touches_no_session_runs_no_hook_and_sets_no_cookie_that_stays(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    app = app_with(grant)
    hooks: list[str] = []
    app.before_request(lambda: hooks.append("before"))
    app.teardown_request(lambda _: hooks.append("teardown"))
    with counting_cryptography() as counter:
        response = ask(app, token, at=f"{PATH}?set=4000&lines=1")
    assert (hooks, counter.seals, counter.opens) == ([], 0, 0)
    assert all("; Max-Age=0;" in line for line in set_cookies(response))
    assert len(set_cookies(response)) == 1


def test_the_application_never_sees_a_token(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    app = app_with(grant)
    seen: list[str] = []
    app.before_request(lambda: seen.append(f"{request.headers} {request.environ}"))
    assert ask(app, token).status_code == 200
    ask(app, token, run=new_run())
    assert len(seen) == 1
    assert token not in seen[0]


def test_nothing_of_it_is_logged(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    app = app_with(grant)
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logging.getLogger().addHandler(handler)
    try:
        ask(app, token)
        ask(app, token, run=new_run())
    finally:
        logging.getLogger().removeHandler(handler)
    assert token[11:] not in text.getvalue()


def test_without_the_setting_nothing_stands_before_the_application_after_one_request() -> None:
    app = app_with(None)
    assert isinstance(app.wsgi_app, ProbeEntrance)
    get(app)
    assert app.wsgi_app == Flask.wsgi_app.__get__(app)
    wrapped = app_with(None)
    proxied = ProxyFix(wrapped.wsgi_app)
    wrapped.wsgi_app = proxied  # type: ignore[method-assign]
    assert get(wrapped).status_code == 200
    assert wrapped.wsgi_app is proxied


def test_an_application_that_is_initialised_twice_has_one_entrance() -> None:
    app = app_with(None)
    before = app.wsgi_app
    CookieSessions(app)
    assert app.wsgi_app == before


def test_settings_that_come_after_the_extension_count(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    app = app_with(None)
    app.config["COOKIE_SESSIONS_PROBE"] = grant.to_text()
    assert ask(app, token).status_code == 200


def test_with_the_interface_alone_the_setting_is_refused(clock: Clock) -> None:
    _, grant = new_token(now=clock())
    app = ours(COOKIE_SESSIONS_PROBE=grant.to_text())
    with pytest.raises(ConfigurationError, match=r"needs CookieSessions\(app\)"):
        get(app)


def test_a_setting_that_is_wrong_is_told_by_the_first_request(clock: Clock) -> None:
    token, _ = new_token(now=clock())
    app = app_with(None, COOKIE_SESSIONS_PROBE=token, PROPAGATE_EXCEPTIONS=True)
    with pytest.raises(ConfigurationError, match="the token itself"):
        get(app)


def test_an_application_below_a_prefix_answers_there(clock: Clock) -> None:
    token, grant = new_token(now=clock())
    assert ask(app_with(grant), token, at=f"/shop{SMALL}").status_code == 200
