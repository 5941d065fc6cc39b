"""Beside Flask-WTF nothing is checked twice, and its forms go on working."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from flask import Flask, render_template_string, session
from flask.testing import FlaskClient

from cookie_sessions import CsrfReason
from cookie_sessions.flask import csrf_exempt, csrf_token
from cookie_sessions.keys import new_jwk_set
from tests.flask.forged import app_with, post, reasons, token
from tests.flask.world import events_of, names_of, route

# None of the two has types.
flask_wtf: Any = import_module("flask_wtf")
wtf_csrf: Any = import_module("flask_wtf.csrf")
wtforms: Any = import_module("wtforms")

ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
Form: Any = type("Form", (flask_wtf.FlaskForm,), {"name": wtforms.StringField()})


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows by the tokens that Flask-WTF validates."""
    texts: list[str] = []
    validate = wtf_csrf.validate_csrf

    def watched(data: str, *args: Any, **kwargs: Any) -> None:
        texts.append(data)
        validate(data, *args, **kwargs)

    monkeypatch.setattr(wtf_csrf, "validate_csrf", watched)
    return texts


def add_form(app: Flask, **options: Any) -> None:
    def form() -> str:
        filled = Form(**options)
        if filled.validate_on_submit():
            return f"Welcome {filled.name.data}"
        return render_template_string("{{ form.hidden_tag() }} {{ form.errors }}", form=filled)

    app.add_url_rule("/wtf", view_func=form, methods=["GET", "POST"])


def field(client: FlaskClient) -> tuple[str, str]:
    """The name and the value of the hidden field of a FlaskForm."""
    found = re.search(r'name="([^"]+)"[^>]* value="([^"]+)"', client.get("/wtf").text)
    assert found is not None
    return found[1], found[2]


# CSRFProtect.


def protected(**config: Any) -> Flask:
    app = app_with(**config)
    flask_wtf.CSRFProtect(app)
    add_form(app)
    route(app, csrf_token, at="/imported")
    return app


def test_where_flask_wtf_checks_tokens_they_are_its_own(validated: list[str]) -> None:
    app = protected()
    told = reasons(app)
    client = app.test_client()
    for path in ("/form", "/imported"):
        text = client.get(path).text
        assert text.count(".") == 2, "it is Flask-WTF's"
        validated.clear()
        assert post(client, text).text == "done"
        assert validated == [text]
    name, text = field(client)
    validated.clear()
    answer = client.post("/wtf", data={name: text, "name": "Ann"})
    assert (answer.text, validated) == ("Welcome Ann", [text])
    assert post(client).status_code == 400
    assert post(client, "x").status_code == 400
    assert told == []
    assert client.get("/keys").text == "['csrf_token', 'done']"


def test_a_method_that_flask_wtf_does_not_check_is_checked_here() -> None:
    client = protected(WTF_CSRF_METHODS=["PUT"]).test_client()
    assert post(client).status_code == 403
    assert post(client, client.get("/form").text).text == "done"


def test_where_the_application_calls_flask_wtf_itself_tokens_are_left_to_it() -> None:
    app = protected(WTF_CSRF_CHECK_DEFAULT=False)
    client = app.test_client()
    assert post(client).text == "done"
    elsewhere = post(client, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403


def test_where_flask_wtf_checks_tokens_the_origin_is_checked_all_the_same() -> None:
    app = protected()
    told = reasons(app)
    client = app.test_client()
    text = client.get("/form").text
    assert post(client, text, headers=ELSEWHERE).status_code == 403
    assert told == [CsrfReason.CROSS_SITE]
    assert post(client, text, headers={"Sec-Fetch-Site": "same-origin"}).text == "done"


def test_what_flask_wtf_exempts_still_has_its_origin_checked_unless_it_is_exempt_here() -> None:
    app = protected()
    extension = app.extensions["csrf"]

    @app.post("/half")
    @extension.exempt  # type: ignore[untyped-decorator, unused-ignore]
    def half() -> str:
        return "half"

    @app.post("/wholly")
    @extension.exempt  # type: ignore[untyped-decorator, unused-ignore]
    @csrf_exempt
    def wholly() -> str:
        return "wholly"

    client = app.test_client()
    assert client.post("/half").text == "half"
    assert client.post("/half", headers=ELSEWHERE).status_code == 403
    assert client.post("/wholly", headers=ELSEWHERE).text == "wholly"


def test_where_flask_wtf_is_turned_off_tokens_are_ours() -> None:
    app = protected(WTF_CSRF_ENABLED=False)
    told = reasons(app)
    client = app.test_client()
    text = token(client)
    assert post(client, text).text == "done"
    assert client.post("/wtf", data={"name": "Ann", "csrf_token": text}).text == "Welcome Ann"
    assert post(client).status_code == 403
    assert told == [CsrfReason.TOKEN_MISSING]


# FlaskForm alone.


def with_form(**options: Any) -> Flask:
    app = app_with()
    add_form(app, **options)
    return app


@pytest.mark.parametrize("prefix", ["", "login", "a-b"])
def test_a_flask_form_alone_goes_on_working_and_is_validated_once(
    prefix: str, validated: list[str]
) -> None:
    app = with_form(prefix=prefix)
    told = reasons(app)
    client = app.test_client()
    name, text = field(client)
    answer = client.post("/wtf", data={name: text, name.replace("csrf_token", "name"): "Ann"})
    assert (answer.text, validated) == ("Welcome Ann", [text])
    assert told == []


def test_a_flask_form_whose_field_has_another_name_goes_on_working() -> None:
    app = with_form()
    app.config["WTF_CSRF_FIELD_NAME"] = "forgery"
    client = app.test_client()
    name, text = field(client)
    assert name == "forgery"
    assert client.post("/wtf", data={name: text, "name": "Ann"}).text == "Welcome Ann"


def test_our_token_is_taken_in_the_place_of_a_flask_forms() -> None:
    client = with_form().test_client()
    data = {"name": "Ann", "csrf_token": token(client)}
    assert client.post("/wtf", data=data).text == "Welcome Ann"


def test_both_tokens_of_one_request_must_be_good() -> None:
    app = with_form()
    told = reasons(app)
    client, other = app.test_client(), app.test_client()
    ours, (_, theirs), (_, foreign) = token(client), field(client), field(other)
    assert post(client, theirs, headers={"X-CSRFToken": ours}).text == "done"
    assert post(client, foreign, headers={"X-CSRFToken": ours}).status_code == 403
    assert told == [CsrfReason.TOKEN_AMBIGUOUS]


def test_a_flask_forms_token_of_another_session_or_a_forged_one_is_refused() -> None:
    app = with_form()
    told, events = reasons(app), events_of(app)
    client = app.test_client()
    _, text = field(client)
    _, foreign = field(app.test_client())
    for bad in (foreign, text[:-1], f"{text}x", "a.b.c", "..", "é.é.é", "." * 10_000):
        assert post(client, bad).status_code == 403
    assert post(client, text).text == "done"
    assert told == [CsrfReason.TOKEN_MISMATCH] * 7
    assert names_of(events).count("csrf_rejected:token_mismatch") == 7


def test_a_session_value_that_is_no_text_is_no_error() -> None:
    app = with_form()
    told = reasons(app)
    route(app, lambda: session.update(csrf_token=7), at="/spoil")
    client = app.test_client()
    _, text = field(client)
    client.get("/spoil")
    assert post(client, text).status_code == 403
    assert told == [CsrfReason.TOKEN_MISMATCH]


def test_a_flask_form_without_a_secret_key_is_no_error() -> None:
    app = app_with(SECRET_KEY=None, COOKIE_SESSIONS_KEYS=new_jwk_set)
    told = reasons(app)
    client = app.test_client()
    text = token(client)
    assert post(client, "a.b.c").status_code == 403
    assert post(client, text).text == "done"
    assert told == [CsrfReason.TOKEN_MISMATCH]
