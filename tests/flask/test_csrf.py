"""Tokens in forms and scripts, against a real application with the cookies that a browser keeps."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import make_response, render_template_string, session

from cookie_sessions import CsrfReason
from cookie_sessions.flask import csrf_token
from tests.flask.conftest import Clock
from tests.flask.forged import UNSAFE, app_with, post, reasons, token
from tests.flask.world import (
    counting_cryptography,
    events_of,
    names_of,
    route,
    set_cookies,
)

HEADERS = ["X-CSRFToken", "X-CSRF-Token"]


# Tokens.


def test_a_form_is_taken_with_its_token_and_refused_without() -> None:
    app = app_with()
    told, events = reasons(app), events_of(app)
    client = app.test_client()
    text = token(client)
    assert post(client, text).text == "done"
    assert post(client).status_code == 403
    assert post(client, text[:-1] + "!").status_code == 403
    assert told == [CsrfReason.TOKEN_MISSING, CsrfReason.TOKEN_MALFORMED]
    assert names_of(events) == [
        "created",
        "csrf_rejected:token_missing",
        "csrf_rejected:token_malformed",
    ]


@pytest.mark.parametrize("method", UNSAFE)
def test_every_method_that_is_not_safe_needs_a_token(method: str) -> None:
    client = app_with().test_client()
    text = token(client)
    assert client.open("/do", method=method).status_code == 403
    assert client.open("/do", method=method, headers={"X-CSRFToken": text}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_method_needs_none_and_may_come_from_anywhere(method: str) -> None:
    client = app_with().test_client()
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.open("/plain", method=method, headers=headers).status_code == 200


@pytest.mark.parametrize("header", HEADERS)
def test_a_script_sends_it_in_a_header(header: str) -> None:
    client = app_with().test_client()
    text = token(client)
    assert client.post("/do", json={}, headers={header: text}).text == "done"
    assert client.post("/do", json={"csrf_token": text}).status_code == 403


def test_a_token_is_another_text_in_each_response_and_one_text_within_it() -> None:
    app = app_with()
    route(app, lambda: f"{csrf_token()} {render_template_string('{{ csrf_token() }}')}", at="/two")
    client = app.test_client()
    texts = [client.get("/two").text.split() for _ in range(5)]
    assert all(one == other for one, other in texts)
    assert len({one for one, _ in texts}) == 5
    assert all(post(client, one).text == "done" for one, _ in texts)


def test_a_token_of_another_session_is_refused() -> None:
    app = app_with()
    told = reasons(app)
    victim, attacker = app.test_client(), app.test_client()
    token(victim)
    assert post(victim, token(attacker)).status_code == 403
    assert told == [CsrfReason.TOKEN_MISMATCH]


def test_a_token_without_a_session_is_refused() -> None:
    app = app_with()
    told = reasons(app)
    text = token(app.test_client())
    assert post(app.test_client(), text).status_code == 403
    client = app.test_client()
    client.set_cookie("session", "garbage")
    assert post(client, text).status_code == 403
    assert told == [CsrfReason.NO_SESSION] * 2


def test_a_request_with_neither_is_refused_without_any_cryptography() -> None:
    app = app_with()
    told = reasons(app)
    client = app.test_client()
    token(client)
    with counting_cryptography() as counter:
        response = post(client)
    assert (response.status_code, counter.opens, counter.seals) == (403, 0, 0)
    assert set_cookies(response) == []
    assert post(app.test_client()).status_code == 403
    assert told == [CsrfReason.TOKEN_MISSING] * 2


def test_a_token_after_the_session_has_ended_is_refused(clock: Clock) -> None:
    app = app_with(PERMANENT_SESSION_LIFETIME=3600)
    told = reasons(app)
    client = app.test_client()
    text = token(client)
    clock.forward(3500)
    assert post(client, text).text == "done"
    clock.forward(3601)
    assert post(client, text).status_code == 403
    assert told == [CsrfReason.NO_SESSION]


@pytest.mark.parametrize("header", HEADERS)
def test_several_tokens_must_all_be_good(header: str) -> None:
    app = app_with()
    told = reasons(app)
    client = app.test_client()
    one, two, foreign = token(client), token(client), token(app.test_client())
    assert post(client, one, headers={header: one}).text == "done"
    assert post(client, one, headers={header: two}).text == "done"
    assert post(client, data={"csrf_token": [one, two]}).text == "done"
    assert post(client, "", headers={header: one}).text == "done"
    assert post(client, one, headers={header: ""}).text == "done"
    assert told == []
    for bad in (foreign, "x", one[:-1], "é" * 92):
        assert (
            post(client, one, headers={header: bad.encode().decode("latin-1")}).status_code == 403
        )
        assert post(client, bad, headers={header: one}).status_code == 403
        for pair in ([one, bad], [bad, one]):
            assert post(client, data={"csrf_token": pair}).status_code == 403
    both = {"X-CSRFToken": one, "X-CSRF-Token": foreign}
    assert client.post("/do", headers=both).status_code == 403
    many = {"csrf_token": [token(client) for _ in range(5)]}
    assert post(client, data=many).status_code == 403
    assert set(told) == {CsrfReason.TOKEN_AMBIGUOUS}


def test_a_token_in_the_address_or_a_cookie_counts_for_nothing() -> None:
    app = app_with()
    told = reasons(app)
    client = app.test_client()
    text = token(client)
    client.set_cookie("csrf_token", text)
    assert client.post(f"/do?csrf_token={text}").status_code == 403
    assert told == [CsrfReason.TOKEN_MISSING]


def test_a_file_in_the_place_of_a_token_is_none() -> None:
    app = app_with()
    told = reasons(app)
    client = app.test_client()
    text = token(client)
    file = (BytesIO(text.encode()), "token.txt")
    assert client.post("/do", data={"csrf_token": file}).status_code == 403
    assert (
        client.post(
            "/do", data=b"\xff\xfe=%%%&csrf_token", content_type="application/x-www-form-urlencoded"
        ).status_code
        == 403
    )
    assert told == [CsrfReason.TOKEN_MISSING] * 2


# The session that a token belongs to.


def test_asking_for_a_token_keeps_an_anonymous_session_and_nothing_else_does() -> None:
    client = app_with().test_client()
    assert set_cookies(client.get("/plain")) == []
    response = client.get("/form")
    assert len(set_cookies(response)) == 1
    assert response.headers["Cache-Control"] == "private"
    assert client.get("/keys").text == "['_forms']"
    again = client.get("/form")
    assert set_cookies(again) == []
    assert (again.headers["Cache-Control"], again.headers["Vary"]) == ("private", "Cookie")


def test_a_public_page_with_a_token_becomes_private() -> None:
    app = app_with()

    def page() -> Any:
        response = make_response(csrf_token())
        response.headers["Cache-Control"] = "public, max-age=60"
        return response

    app.add_url_rule("/public", view_func=page)
    client = app.test_client()
    client.get("/public")
    assert client.get("/public").headers["Cache-Control"] == "max-age=60, private"


def test_a_form_outlives_all_other_values_of_its_session() -> None:
    app = app_with()
    route(app, lambda: session.update(flash="Saved."), at="/flash")
    route(app, lambda: session.pop("flash"), at="/show")
    client = app.test_client()
    client.get("/flash")
    text = token(client)
    client.get("/show")
    assert post(client, text).text == "done"


def test_a_cleared_session_takes_its_forms_with_it() -> None:
    app = app_with()
    told = reasons(app)
    route(app, lambda: session.clear(), at="/clear")
    client = app.test_client()
    text = token(client)
    client.get("/clear")
    assert post(client, text).status_code == 403
    assert told == [CsrfReason.NO_SESSION]


def test_a_form_is_good_for_as_long_as_its_session_is_renewed(clock: Clock) -> None:
    app = app_with(PERMANENT_SESSION_LIFETIME=3600)
    route(app, lambda: setattr(session, "permanent", True), at="/permanent")
    client = app.test_client()
    client.get("/permanent")
    text = token(client)
    for _ in range(10):
        clock.forward(3000)
        client.get("/plain")
    assert post(client, text).text == "done"


CHANGES = {
    "regenerate": lambda: session.regenerate(),  # type: ignore[attr-defined]
    "supersede": lambda: session.supersede(),  # type: ignore[attr-defined]
    "subject": lambda: setattr(session, "subject", "ann"),
    "subject key": lambda: session.update(_user_id="ann"),
    "destroy": lambda: session.destroy(),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("revocations", [None, "memory:"])
def test_a_new_id_refuses_the_tokens_before_it_and_takes_those_made_after(
    change: Any, revocations: str | None
) -> None:
    app = app_with(COOKIE_SESSIONS_REVOCATIONS=revocations)
    told = reasons(app)

    def changing() -> str:
        before = csrf_token()
        change()
        return f"{before} {csrf_token()}"

    route(app, changing, at="/change")
    client = app.test_client()
    old = token(client)
    before, after = client.get("/change").text.split()
    assert post(client, after).text == "done"
    for text in (old, before):
        assert post(client, text).status_code == 403
    assert told == [CsrfReason.TOKEN_MISMATCH] * 2
    assert post(client, token(client)).text == "done"


def test_the_next_user_of_a_browser_has_other_tokens() -> None:
    app = app_with()
    told = reasons(app)
    route(app, lambda: session.pop("_user_id") and csrf_token(), at="/sign-out")
    client = app.test_client()
    texts = [token(client, f"/sign-in?name={name}") for name in ("ann", "bob", "ann")]
    texts.append(token(client, "/sign-out"))
    assert post(client, texts.pop()).text == "done"
    for text in texts:
        assert post(client, text).status_code == 403
    assert told == [CsrfReason.TOKEN_MISMATCH] * 3


def test_a_user_who_is_read_again_keeps_the_id() -> None:
    app = app_with()
    route(app, lambda: session.update(_user_id=str(session["_user_id"])), at="/same")
    client = app.test_client()
    text = token(client, "/sign-in")
    client.get("/same")
    assert post(client, text).text == "done"
    assert post(client, token(client)).text == "done"
    assert post(client, text).text == "done"


def test_a_hook_that_changes_the_id_first_does_not_refuse_the_request() -> None:
    app = app_with()
    client = app.test_client()
    text = token(client)
    app.url_value_preprocessors[None].insert(0, lambda *_: session.regenerate())  # type: ignore[attr-defined]
    assert post(client, text).text == "done"
