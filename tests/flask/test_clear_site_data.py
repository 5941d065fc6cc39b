"""What the browser stored goes with the user who leaves, where the application asks for it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, make_response, session

from cookie_sessions.codec import RegisteredType
from cookie_sessions.flask import CookieSessions
from tests.flask.listed import faulty_shop, sealed_session, shop
from tests.flask.world import ours, route

ASKED = ("cache", "storage")
WANTED = '"cache", "storage"'


@dataclass(frozen=True)
class Account:
    number: int


def site(**config: Any) -> Flask:
    app = shop(**{"COOKIE_SESSIONS_CLEAR_SITE_DATA": ASKED, **config})
    route(app, lambda: session.update(seen=1), at="/write")

    def change_and_go() -> None:
        session["seen"] = 2
        sealed_session().destroy()

    route(app, change_and_go, at="/change-and-go")
    return app


def cleared(app: Flask, *paths: str) -> list[str | None]:
    """The header in the answers to these requests of one browser."""
    client = app.test_client()
    return [client.get(path).headers.get("Clear-Site-Data") for path in paths]


@pytest.mark.parametrize("way", ["/destroy", "/clear", "/pop", "/sign-in/bob", "/change-and-go"])
@pytest.mark.parametrize("listed", ["memory:", None])
def test_it_is_asked_for_with_the_response_that_ends_a_users_session(
    way: str, listed: str | None
) -> None:
    app = site(COOKIE_SESSIONS_REVOCATIONS=listed)
    assert cleared(app, "/sign-in/ann", "/", way, "/") == [None, None, WANTED, None]


@pytest.mark.parametrize(
    "way", ["/", "/write", "/sid", "/regenerate", "/supersede", "/others", "/sign-in/ann"]
)
def test_it_is_not_asked_for_while_the_user_stays(way: str) -> None:
    assert cleared(site(), "/sign-in/ann", way) == [None, None]


@pytest.mark.parametrize("way", ["/clear", "/sign-in/ann", "/sid"])
def test_nobody_who_was_not_signed_in_leaves(way: str) -> None:
    assert cleared(site(), "/write", way) == [None, None]


def test_a_session_of_nobody_that_is_destroyed_counts_and_one_that_never_was_does_not() -> None:
    assert cleared(site(), "/write", "/destroy") == [None, WANTED]
    assert cleared(site(), "/destroy", "/destroy") == [None, None]


def test_without_the_setting_nothing_is_asked_for() -> None:
    assert cleared(shop(), "/sign-in/ann", "/destroy") == [None, None]


def test_what_the_application_asks_for_itself_stays() -> None:
    app = site()

    def leave() -> Any:
        sealed_session().destroy()
        return make_response("", 200, {"clear-site-data": '"cookies"'})

    app.add_url_rule("/own", view_func=leave)
    client = app.test_client()
    client.get("/sign-in/ann")
    assert client.get("/own").headers.getlist("Clear-Site-Data") == ['"cookies"']


def test_signing_out_by_flask_login_counts() -> None:
    app = ours(COOKIE_SESSIONS_CLEAR_SITE_DATA=["*"])
    login: Any = importlib.import_module("flask_login")
    user = type("User", (login.UserMixin,), {"id": "ann"})
    login.LoginManager(app).user_loader(lambda _: user())
    CookieSessions(app)
    route(app, lambda: login.login_user(user()), at="/in")
    route(app, lambda: login.logout_user(), at="/out")
    assert cleared(app, "/in", "/out") == [None, '"*"']


def test_where_nobody_can_tell_whose_a_session_was_nobody_is_known_to_have_left() -> None:
    account = RegisteredType("account", Account, lambda one: one.number, Account)
    writing = site(COOKIE_SESSIONS_TYPES=[account])
    route(writing, lambda: session.update(_user_id=Account(7)), at="/sign-in")
    client = writing.test_client()
    client.get("/sign-in")
    assert client.get("/pop").headers.get("Clear-Site-Data") == WANTED
    client.get("/sign-in")
    cookie = client.get_cookie("session")
    assert cookie is not None
    # An instance of another release, which does not know the type.
    there = site(COOKIE_SESSIONS_REVOCATIONS=None).test_client()
    there.set_cookie("session", cookie.value)
    answer = there.get("/write")
    assert (answer.status_code, answer.headers.get("Clear-Site-Data")) == (200, None)
    changed = there.get_cookie("session")
    assert changed is not None
    client.set_cookie("session", changed.value)
    assert client.get("/pop").headers.get("Clear-Site-Data") == WANTED


def test_whoever_could_not_be_signed_out_keeps_what_the_browser_stored() -> None:
    app, store = faulty_shop(COOKIE_SESSIONS_CLEAR_SITE_DATA=ASKED, PROPAGATE_EXCEPTIONS=False)
    client = app.test_client()
    client.get("/sign-in/ann")
    store.full = True
    answer = client.get("/destroy")
    assert (answer.status_code, answer.headers.get("Clear-Site-Data")) == (503, None)


@pytest.mark.parametrize("asked", [("cookies", "cache"), ("*", "cache")])
def test_who_signs_in_as_another_keeps_the_cookie_that_says_so(asked: tuple[str, ...]) -> None:
    app = site(COOKIE_SESSIONS_CLEAR_SITE_DATA=asked)
    client = app.test_client()
    client.get("/sign-in/ann")
    response = client.get("/sign-in/bob")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert client.get("/destroy").headers["Clear-Site-Data"] == ", ".join(
        f'"{each}"' for each in asked
    )
