"""Two browsers, Flask-Login and Flask-WTF: the attacker's token is worth nothing to the victim."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from flask import Flask, redirect, render_template_string, session
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue

from cookie_sessions.flask import CookieSessions
from tests.flask.test_extensions import Form, User, token
from tests.flask.world import SECRET

flask_login: Any = import_module("flask_login")
flask_wtf: Any = import_module("flask_wtf")

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def transfers(*, sealed: bool = True, **config: Any) -> Flask:
    """An application in which whoever is signed in can send money by a form."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET, COOKIE_SESSIONS_REVOCATIONS="memory:", **config)
    if sealed:
        CookieSessions(app)
    flask_login.LoginManager(app).user_loader(User)
    flask_wtf.CSRFProtect(app)
    app.config["sent"] = []

    def form() -> ResponseReturnValue:
        filled = Form()
        if filled.validate_on_submit():
            app.config["sent"].append((flask_login.current_user.name, filled.name.data))
            return "sent"
        return render_template_string("<form>{{ form.csrf_token }}</form>", form=filled)

    def sign_in() -> ResponseReturnValue:
        filled = Form()
        if filled.validate_on_submit():
            flask_login.login_user(User(filled.name.data), remember=True)
            # Not a redirect: the page after the sign-in has a form of its own.
            return render_template_string("<form>{{ form.csrf_token }}</form>", form=Form())
        return redirect("/form")

    app.add_url_rule("/form", view_func=form, methods=["GET", "POST"])
    app.add_url_rule("/sign-in", view_func=sign_in, methods=["POST"])
    app.add_url_rule("/token", view_func=flask_wtf.csrf.generate_csrf)
    app.add_url_rule("/sid", endpoint="sid", view_func=lambda: str(getattr(session, "sid", "")))
    app.add_url_rule(
        "/who", endpoint="who", view_func=lambda: str(flask_login.current_user.get_id())
    )
    return app


def attacked(app: Flask) -> tuple[FlaskClient, FlaskClient, str]:
    """The attacker, the victim who has the attacker's cookie, and the token that both know."""
    attacker, victim = app.test_client(), app.test_client()
    known = token(attacker.get("/form").text)
    cookie = attacker.get_cookie("session")
    assert cookie is not None
    victim.set_cookie("session", cookie.value)
    return attacker, victim, known


def test_a_planted_session_gives_the_attacker_neither_the_victims_session_nor_the_token() -> None:
    app = transfers()
    attacker, victim, known = attacked(app)
    page = victim.post("/sign-in", data={"name": "victim", "csrf_token": known}).text
    assert victim.get("/who").text == "victim"
    assert attacker.get("/who").text == "None"
    assert attacker.get("/sid").text != victim.get("/sid").text
    # A page of another site posts a form with the token that the attacker knows.
    assert victim.post("/form", data={"name": "attacker", "csrf_token": known}).status_code == 400
    assert app.config["sent"] == []
    # The form in the answer to the sign-in itself works.
    assert victim.post("/form", data={"name": "aunt", "csrf_token": token(page)}).text == "sent"
    assert app.config["sent"] == [("victim", "aunt")]


def test_who_comes_back_by_the_remember_cookie_leaves_a_planted_session_behind() -> None:
    app = transfers()
    victim = app.test_client()
    fresh = token(victim.get("/form").text)
    victim.post("/sign-in", data={"name": "victim", "csrf_token": fresh})
    attacker = app.test_client()
    known = token(attacker.get("/form").text)
    cookie = attacker.get_cookie("session")
    assert cookie is not None
    victim.set_cookie("session", cookie.value)
    assert victim.get("/who").text == "victim"
    assert attacker.get("/who").text == "None"
    assert victim.get("/sid").text != attacker.get("/sid").text
    assert victim.post("/form", data={"name": "attacker", "csrf_token": known}).status_code == 400


def test_with_flasks_own_interface_the_attack_succeeds() -> None:
    app = transfers(sealed=False)
    _, victim, known = attacked(app)
    victim.post("/sign-in", data={"name": "victim", "csrf_token": known})
    assert victim.post("/form", data={"name": "attacker", "csrf_token": known}).text == "sent"


def test_the_token_goes_whatever_the_application_calls_it() -> None:
    app = transfers(WTF_CSRF_FIELD_NAME="form_key")
    attacker, victim = app.test_client(), app.test_client()
    known = attacker.get("/token").text
    cookie = attacker.get_cookie("session")
    assert cookie is not None
    victim.set_cookie("session", cookie.value)
    victim.post("/sign-in", data={"name": "victim", "form_key": known})
    assert victim.get("/who").text == "victim"
    assert victim.post("/form", data={"name": "attacker", "form_key": known}).status_code == 400
