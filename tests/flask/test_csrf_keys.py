"""The keys that tokens are made under: rotated, revoked, not to be had."""

from __future__ import annotations

import dataclasses

import pytest
from flask.typing import ResponseReturnValue

from cookie_sessions import CsrfReason
from cookie_sessions.csrf import issue
from cookie_sessions.flask import csrf_token
from cookie_sessions.flask.csrf import protect
from cookie_sessions.flask.state import AppState
from cookie_sessions.keys import Mark, change, dump_jwk_set
from cookie_sessions.keys.provider import LOOK_AGAIN_SECONDS
from tests.flask.conftest import Clock
from tests.flask.forged import add_views, app_with, post, reasons, token
from tests.flask.outage import Outage, check_503
from tests.flask.world import (
    SECRET,
    get,
    names_of,
    route,
)


def test_a_rotated_secret_key_breaks_no_open_form() -> None:
    app = app_with()
    told = reasons(app)
    client = app.test_client()
    text = token(client)
    app.config.update(SECRET_KEY="another secret key, long enough", SECRET_KEY_FALLBACKS=[SECRET])
    assert post(client, text).text == "done"
    new = token(client)
    assert new[:6] != text[:6]
    app.config["SECRET_KEY_FALLBACKS"] = []
    assert post(client, new).text == "done"
    assert post(client, text).status_code == 403
    assert told == [CsrfReason.TOKEN_UNKNOWN_KID]


def test_a_token_under_a_key_that_came_since_has_the_ring_read_again(clock: Clock) -> None:
    begun = change.begin(now=int(clock.time))
    grown = change.add(begun, now=int(clock.time), seals_from=int(clock.time) + 1)
    rings = [dump_jwk_set(begun)]
    app = app_with(COOKIE_SESSIONS_KEYS=lambda: rings[-1])
    told = reasons(app)
    client = app.test_client()
    token(client)
    # Another instance knows the new key; the cookie is still under the old one.
    cookie = client.get_cookie("session")
    assert cookie is not None
    content = AppState.of(app).manager.open_text(cookie.value, name="session")
    text = issue(content.claims.sid, ring=grown.ring(clock.time + 1))
    clock.forward(LOOK_AGAIN_SECONDS)
    assert post(client, text).status_code == 403
    clock.forward(LOOK_AGAIN_SECONDS)
    rings.append(dump_jwk_set(grown))
    assert post(client, text).text == "done"
    assert told == [CsrfReason.TOKEN_UNKNOWN_KID]


def test_a_revoked_key_takes_its_tokens_with_it(clock: Clock) -> None:
    begun = change.begin(now=int(clock.time))
    grown = change.add(begun, now=int(clock.time), seals_from=int(clock.time) + 1)
    rings = [dump_jwk_set(begun)]
    app = app_with(COOKIE_SESSIONS_KEYS=lambda: rings[-1], COOKIE_SESSIONS_KEYS_RELOAD=10)
    told = reasons(app)
    client = app.test_client()
    text = token(client)
    rings.append(dump_jwk_set(grown))
    clock.forward(11)
    assert post(client, text).text == "done"
    (old, _) = grown.entries
    rings.append(dump_jwk_set(grown.with_entry(dataclasses.replace(old, mark=Mark.REVOKED))))
    clock.forward(11)
    assert post(client, text).status_code == 403
    # The session itself was sealed anew under the new key, and names the old one.
    assert told == [CsrfReason.NO_SESSION]


@pytest.mark.parametrize("code", [None, 503])
def test_without_keys_the_visitor_gets_a_503_and_error_pages_an_empty_token(
    outage: Outage, code: int | None
) -> None:
    app = outage.app()
    app.config["COOKIE_SESSIONS_CSRF"] = True
    AppState.of(app).csrf = True
    shown: list[str] = []

    def page(_: Exception) -> ResponseReturnValue:
        shown.append(csrf_token())
        return "later", 503, {"Retry-After": "5"}

    protect(app)
    add_views(app)
    route(app, csrf_token, at="/token")
    if code is not None:
        app.register_error_handler(code, page)
    outage.begin()
    for cookie in (outage.cookie, None):
        check_503(get(app, "/token", cookie=cookie))
    data = {"csrf_token": "A" * 92}
    environ = {"HTTP_COOKIE": outage.cookie}
    client = app.test_client(use_cookies=False)
    check_503(client.post("/do", data=data, environ_overrides=environ))
    assert shown == ([] if code is None else [""] * 3)


def test_a_500_page_may_show_a_form_whose_keys_are_gone(outage: Outage) -> None:
    app, told = outage.app_cut_off()
    shown: list[str] = []

    def page(_: Exception) -> ResponseReturnValue:
        shown.append(csrf_token())
        return "broken", 500

    route(app, lambda: 1 / 0)
    app.register_error_handler(500, page)
    for cookie in (outage.cookie, None):
        check_503(get(app, cookie=cookie))
    assert shown == ["", ""]
    assert "write_ignored" not in names_of(told)
