"""Extensions that keep their state in the session go on working, with either interface."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from flask import Flask, flash, get_flashed_messages, redirect, render_template_string, session
from flask.sessions import SessionInterface
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from tests.flask.world import INTERFACES, app_with, route, set_cookies

# None of the three has types.
flask_login: Any = import_module("flask_login")
flask_wtf: Any = import_module("flask_wtf")
wtforms: Any = import_module("wtforms")

# Flask-Login asks for the time in a way that Python 3.12 and newer warn of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


class User:
    is_active = is_authenticated = True
    is_anonymous = False

    def __init__(self, name: str) -> None:
        self.name = name

    def get_id(self) -> str:
        return self.name


def app_with_login(interface: SessionInterface, protection: str = "basic") -> Flask:
    app = app_with(interface, SESSION_PROTECTION=protection)
    flask_login.LoginManager(app).user_loader(User)

    def secret() -> str:
        return f"{flask_login.current_user.name} {flask_login.login_fresh()}"

    def sign_in() -> str:
        return str(flask_login.login_user(User("ann")))

    def remember() -> str:
        return str(flask_login.login_user(User("ann"), remember=True))

    app.add_url_rule("/sign-in", view_func=sign_in)
    app.add_url_rule("/remember", view_func=remember)
    app.add_url_rule("/secret", view_func=flask_login.login_required(secret))
    route(app, flask_login.logout_user, at="/sign-out")
    route(app, lambda: "plain", at="/plain")
    return app


def brief(response: TestResponse) -> tuple[int, str | None, list[str], str | None]:
    names = [line.partition("=")[0] for line in set_cookies(response)]
    body = response.text if response.status_code == 200 else None
    return response.status_code, body, names, response.headers.get("Vary")


PATHS = ["/secret", "/sign-in", "/secret", "/plain", "/sign-out", "/secret", "/remember", "/secret"]


def test_signing_in_and_out_is_the_same_step_by_step() -> None:
    shown: list[list[Any]] = []
    for make in INTERFACES.values():
        client = app_with_login(make()).test_client()
        steps = [brief(client.get(path)) for path in PATHS]
        client.delete_cookie("session")
        steps += [brief(client.get(path)) for path in ("/secret", "/sign-out", "/secret")]
        shown.append(steps)
    assert shown[1] == shown[0]
    assert [step[0] for step in shown[1]] == [401, 200, 200, 200, 200, 401, 200, 200, 200, 200, 401]


def test_a_visitor_who_is_remembered_comes_back_after_the_browser_was_closed(
    interface: SessionInterface,
) -> None:
    client = app_with_login(interface).test_client()
    client.get("/remember")
    client.delete_cookie("session")
    assert client.get("/secret").text == "ann False"
    assert client.get("/secret").text == "ann False"


def test_strong_protection_ends_a_session_in_another_browser(interface: SessionInterface) -> None:
    client = app_with_login(interface, "strong").test_client()
    client.get("/sign-in")
    assert client.get("/secret").status_code == 200
    other = {"User-Agent": "another browser"}
    assert client.get("/secret", headers=other).status_code == 401


Form: Any = type("Form", (flask_wtf.FlaskForm,), {"name": wtforms.StringField()})


def app_with_form(interface: SessionInterface) -> Flask:
    app = app_with(interface)
    flask_wtf.CSRFProtect(app)

    def form() -> ResponseReturnValue:
        filled = Form()
        if filled.validate_on_submit():
            session["name"] = filled.name.data
            return redirect("/name")
        return render_template_string("<form>{{ form.csrf_token }}</form>", form=filled)

    app.add_url_rule("/form", view_func=form, methods=["GET", "POST"])
    route(app, lambda: session.get("name"), at="/name")
    return app


def token(text: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', text)
    assert found is not None
    return found.group(1)


def test_a_form_is_taken_with_its_token_and_refused_without(interface: SessionInterface) -> None:
    app = app_with_form(interface)
    client, other = app.test_client(), app.test_client()
    good = token(client.get("/form").text)
    foreign = token(other.get("/form").text)
    assert client.post("/form", data={"name": "Ann"}).status_code == 400
    assert client.post("/form", data={"name": "Ann", "csrf_token": foreign}).status_code == 400
    assert client.get("/name").text == "None"
    assert client.post("/form", data={"name": "Ann", "csrf_token": good}).status_code == 302
    assert client.get("/name").text == "Ann"
    assert client.post("/form", data={"name": "Bob", "csrf_token": good}).status_code == 302


def test_flashed_messages_are_shown_once(interface: SessionInterface) -> None:
    app = app_with(interface)

    def speak() -> str:
        flash("Saved.")
        flash("<b>Twice</b>", "error")
        return ""

    route(app, speak, at="/flash")
    route(app, lambda: get_flashed_messages(with_categories=True), at="/show")
    client = app.test_client()
    client.get("/flash")
    client.get("/flash")
    shown = client.get("/show")
    assert shown.text.count("Saved.") == 2
    assert "('error', '<b>Twice</b>')" in shown.text
    assert client.get("/show").text == "[]"
