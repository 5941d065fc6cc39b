"""Where requests come from, which are exempt, and how the protection is turned on and off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, request, session
from flask.views import MethodView

from cookie_sessions import ConfigurationError, CsrfReason, UsageError
from cookie_sessions.crypto import Mac
from cookie_sessions.flask import (
    CookieSessionInterface,
    CookieSessions,
    csrf_exempt,
    csrf_token,
)
from tests.flask.forged import add_views, app_with, post, reasons, token
from tests.flask.world import SECRET, counting_cryptography, events_of, names_of, route, set_cookies

# Where a request comes from.


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, None),
        ({"Sec-Fetch-Site": "none"}, None),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, None),
        ({"Sec-Fetch-Site": "same-site"}, "cross_site"),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, "cross_site"),
        ({"Sec-Fetch-Site": ""}, "cross_site"),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://admin.example"}, None),
        ({"Origin": "http://localhost"}, None),
        ({"Origin": "http://localhost:80"}, None),
        ({"Origin": "https://admin.example"}, None),
        ({"Origin": "https://localhost"}, "cross_origin"),
        ({"Origin": "http://localhost:8080"}, "cross_origin"),
        ({"Origin": "https://evil.example"}, "cross_origin"),
        ({"Origin": "null"}, "null_origin"),
        ({"Origin": "http://localhost, http://localhost"}, "malformed_origin"),
        ({}, None),
    ],
)
def test_a_good_token_from_elsewhere_is_refused(headers: Any, reason: str | None) -> None:
    app = app_with(COOKIE_SESSIONS_CSRF_TRUSTED_ORIGINS=["https://admin.example"])
    told, events = reasons(app), events_of(app)
    client = app.test_client()
    text = token(client)
    assert post(client, text, headers=headers).status_code == (403 if reason else 200)
    assert told == ([] if reason is None else [reason])
    assert [name for name in names_of(events) if "csrf" in name] == [
        f"csrf_rejected:{each}" for each in told
    ]


def test_a_trusted_origin_needs_a_token_all_the_same() -> None:
    app = app_with(COOKIE_SESSIONS_CSRF_TRUSTED_ORIGINS=["https://admin.example"])
    told = reasons(app)
    client = app.test_client()
    token(client)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://admin.example"}
    assert post(client, headers=headers).status_code == 403
    assert told == [CsrfReason.TOKEN_MISSING]


def test_the_origin_is_compared_with_the_host_that_was_asked() -> None:
    app = app_with()
    client = app.test_client()
    url = "https://shop.example:8443"
    text = client.get("/form", base_url=url).text
    for origin, status in ((url, 200), ("https://shop.example", 403)):
        answer = post(client, text, base_url=url, headers={"Origin": origin})
        assert answer.status_code == status
    for host in ("[::1]:5000", "127.0.0.1:5000"):
        client = app.test_client()
        text = client.get("/form", base_url=f"http://{host}").text
        kwargs: Any = {"base_url": f"http://{host}", "headers": {"Origin": f"http://{host}"}}
        assert post(client, text, **kwargs).status_code == 200


def test_the_check_comes_before_the_hooks_of_the_application() -> None:
    app = Flask(__name__)
    app.secret_key = SECRET
    ran: list[str] = []
    app.before_request(lambda: ran.append(request.method))
    CookieSessions(app, csrf=True)
    add_views(app)
    assert post(app.test_client()).status_code == 403
    assert ran == []


# Exemptions.


def test_an_exempt_view_is_reached_from_anywhere_and_reads_its_own_body() -> None:
    app = app_with()

    @csrf_exempt
    @app.post("/above")
    def above() -> bytes:
        return request.get_data()

    @app.post("/below")
    @csrf_exempt
    def below() -> bytes:
        return request.get_data()

    client = app.test_client()
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://pay.example"}
    for path in ("/above", "/below"):
        assert client.post(path, data={"signed": "yes"}, headers=headers).text == "signed=yes"


def test_an_exempt_blueprint_is_reached_and_one_nested_in_it_is_not() -> None:
    app = app_with()
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    outer.post("/outer", endpoint="view")(lambda: "outer")
    inner.post("/inner", endpoint="view")(lambda: "inner")
    outer.register_blueprint(inner)
    assert csrf_exempt(outer) is outer
    app.register_blueprint(outer)
    client = app.test_client()
    assert client.post("/outer").text == "outer"
    assert client.post("/inner").status_code == 403


def test_a_class_based_view_is_exempt_by_its_decorators() -> None:
    app = app_with()

    class Plain(MethodView):
        def post(self) -> str:
            return "posted"

    class Exempt(Plain):
        decorators = [csrf_exempt]  # noqa: RUF012

    app.add_url_rule("/plain-view", view_func=Plain.as_view("plain_view"))
    app.add_url_rule("/exempt-view", view_func=Exempt.as_view("exempt_view"))
    client = app.test_client()
    assert client.post("/exempt-view").text == "posted"
    assert client.post("/plain-view").status_code == 403


class SomeView(MethodView):
    pass


@pytest.mark.parametrize("target", [SomeView, "view", None, 7, len, "x".upper])
def test_what_can_not_be_exempt_says_so(target: Any) -> None:
    with pytest.raises(UsageError, match="view function or a Blueprint"):
        csrf_exempt(target)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nowhere", "POST", 404), ("/plain", "POST", 405), ("/slash", "POST", 308)],
)
def test_what_no_view_answers_says_what_it_is(path: str, method: str, status: int) -> None:
    app = app_with()
    app.add_url_rule("/slash/", "slash", lambda: "", methods=["POST"])
    assert app.test_client().open(path, method=method).status_code == status


# Turning it on and off, and what it costs.


def test_the_setting_turns_it_on_without_the_argument_and_under_the_bare_interface() -> None:
    bare = Flask(__name__)
    bare.config.update(SECRET_KEY=SECRET, COOKIE_SESSIONS_CSRF=True)
    bare.session_interface = CookieSessionInterface()
    add_views(bare)
    for app in (app_with(csrf=False, COOKIE_SESSIONS_CSRF=True), bare):
        client = app.test_client()
        assert post(client).status_code == 403
        assert post(client, token(client)).text == "done"


def test_the_setting_turns_it_off_whatever_the_argument_says() -> None:
    for app in (app_with(COOKIE_SESSIONS_CSRF=False), app_with(csrf=False)):
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert post(app.test_client(), headers=headers).text == "done"


def test_another_interface_later_does_not_turn_it_off() -> None:
    app = app_with()
    told = reasons(app)
    app.session_interface = Flask.session_interface
    client = app.test_client()
    assert post(client).status_code == 403
    assert post(client, "A" * 92).status_code == 403
    assert told == [CsrfReason.TOKEN_MISSING, CsrfReason.NO_SESSION]
    with app.test_request_context(), pytest.raises(UsageError, match="SecureCookieSession"):
        csrf_token()


def test_without_any_key_a_token_says_what_is_missing() -> None:
    app = app_with(SECRET_KEY=None)
    with app.test_request_context(), pytest.raises(UsageError, match="SECRET_KEY"):
        csrf_token()
    assert app.test_client().post("/do", data={"csrf_token": "x"}).status_code == 403


def test_the_applications_own_function_of_the_name_stays() -> None:
    app = app_with()
    names: dict[str, Any] = app.jinja_env.globals
    names["csrf_token"] = lambda: "its own"
    assert app.test_client().get("/form").text == "its own"


def test_it_is_checked_once_however_often_it_is_turned_on() -> None:
    app = app_with(COOKIE_SESSIONS_CSRF=True)
    CookieSessions(app, csrf=True)
    app.test_client().get("/plain")
    assert len(app.url_value_preprocessors[None]) == 1


@pytest.mark.parametrize("how", [{"csrf": True}, {"csrf": False, "COOKIE_SESSIONS_CSRF": True}])
def test_cookies_in_flasks_form_have_no_id_to_make_tokens_of(how: Any) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    app = app_with(
        **how, COOKIE_SESSIONS_WRITE="flask", COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=tomorrow
    )
    with pytest.raises(ConfigurationError, match="no room for the id"):
        CookieSessions.check(app)


def test_a_signed_cookie_that_is_taken_over_gets_tokens_that_hold() -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    before = Flask(__name__)
    before.secret_key = SECRET
    route(before, lambda: session.update(_user_id="ann"), at="/sign-in")
    app = app_with(COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=tomorrow)
    client = app.test_client()
    line = set_cookies(before.test_client().get("/sign-in"))[0]
    client.set_cookie("session", line.partition("=")[2].partition(";")[0])
    text = token(client)
    assert post(client, text).text == "done"
    assert client.get("/keys").text == "['_forms', '_user_id', 'done']"


def test_a_request_that_asks_for_no_token_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []
    mark = Mac.mark

    def counted(self: Mac, octets: bytes) -> bytes:
        made.append(octets)
        return mark(self, octets)

    monkeypatch.setattr(Mac, "mark", counted)
    client = app_with().test_client()
    client.get("/sign-in")
    assert len(made) == 1
    with counting_cryptography() as counter:
        response = client.get("/plain")
    assert (len(made), counter.opens, counter.seals) == (1, 0, 0)
    assert "Vary" not in response.headers


def test_the_default_page_says_what_to_do_and_not_more() -> None:
    response = post(app_with().test_client(), "x" * 92)
    assert response.status_code == 403
    assert "Load the page again" in response.text
    assert "x" * 92 not in response.text
