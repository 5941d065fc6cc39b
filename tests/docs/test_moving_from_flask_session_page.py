"""The bridge of docs/moving-from-flask-session.md, between real Flask-Session and ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cachelib.file import FileSystemCache
from flask import Flask, request, session
from flask.testing import FlaskClient
from flask_session import Session
from redis import Redis

from tests.docs.test_pages import ROOT, blocks
from tests.stores.redis_server import RedisServer

PAGE = ROOT / "docs/moving-from-flask-session.md"
SITE = "https://shop.test"
# It has no types of its own.
flask_login: Any = import_module("flask_login")


def user() -> Any:
    """Ann, as Flask-Login knows her."""
    made = flask_login.UserMixin()
    made.id = "ann"
    return made


def site(config: dict[str, Any], *, bridge: bool, **more: Any) -> Flask:
    """The same application, before the move and after it."""
    app = Flask("shop")
    app.config.update({"SECRET_KEY": "0123456789abcdef" * 2, **config, **more})
    with warnings.catch_warnings():
        # Flask-Session tells of settings and backends that it will give up.
        warnings.simplefilter("ignore", DeprecationWarning)
        Session(app)
    if bridge:
        (source,) = blocks(PAGE, "python")
        exec(source, {"app": app})  # noqa: S102
    users = flask_login.LoginManager(app)
    users.user_loader(lambda _id: user())

    @app.post("/sign-in")
    def sign_in() -> str:
        flask_login.login_user(user())
        return ""

    @app.post("/sign-out")
    def sign_out() -> str:
        flask_login.logout_user()
        if request.args.get("clear"):
            session.clear()
        return ""

    @app.post("/cart/<item>")
    def cart(item: str) -> str:
        session["cart"] = [*session.get("cart", []), item]
        return ""

    @app.post("/token")
    def token() -> str:
        session["csrf_token"] = "of an open form"
        return ""

    @app.get("/")
    def index() -> dict[str, Any]:
        return {
            "user": flask_login.current_user.get_id(),
            "cart": session.get("cart"),
            "token": session.get("csrf_token"),
            "permanent": session.permanent,
        }

    return app


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: RedisServer) -> Iterator[Redis]:
    server.tell("FLUSHDB")
    with server.client() as client:
        yield client


@pytest.fixture(params=["redis", "redis, signed", "filesystem"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """The settings of Flask-Session for each place that it keeps sessions in."""
    if request.param == "filesystem":
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": FileSystemCache(str(tmp_path))}
    redis: Redis = request.getfixturevalue("client")
    signed = request.param == "redis, signed"
    return {"SESSION_TYPE": "redis", "SESSION_REDIS": redis, "SESSION_USE_SIGNER": signed}


@pytest.fixture
def of_redis(client: Redis) -> dict[str, Any]:
    return {"SESSION_TYPE": "redis", "SESSION_REDIS": client}


def visitor(app: Flask, *, cookie: str | None = None) -> FlaskClient:
    browser = app.test_client()
    if cookie is not None:
        browser.set_cookie("session", cookie, domain="shop.test")
    return browser


def cookie_of(browser: FlaskClient, name: str = "session") -> str | None:
    held = browser.get_cookie(name, domain="shop.test")
    return None if held is None else held.value


def signed_in(config: dict[str, Any]) -> str:
    """The cookie of somebody who is signed in by Flask-Session, with a cart and an open form."""
    browser = visitor(site(config, bridge=False))
    for path in ("/sign-in", "/cart/linzer", "/token"):
        browser.post(path, base_url=SITE)
    cookie = cookie_of(browser)
    assert cookie is not None
    return cookie


def shown(browser: FlaskClient) -> Any:
    return browser.get("/", base_url=SITE).json


EVERYTHING = {"user": "ann", "cart": ["linzer"], "token": "of an open form", "permanent": True}
NOBODY = {"user": None, "cart": None, "token": None}


def test_whoever_is_signed_in_stays_so_with_the_cart_and_the_open_form(
    config: dict[str, Any],
) -> None:
    browser = visitor(site(config, bridge=True), cookie=signed_in(config))
    assert shown(browser) == EVERYTHING
    assert cookie_of(browser, "__Host-session") is not None
    assert shown(browser) == EVERYTHING


def test_what_stays_after_the_last_step_knows_who_was_taken_over(config: dict[str, Any]) -> None:
    browser = visitor(site(config, bridge=True), cookie=signed_in(config))
    assert shown(browser) == shown(browser) == EVERYTHING
    cookie = cookie_of(browser, "__Host-session")
    assert cookie is not None
    (source,) = blocks(PAGE, "python")
    stays = [
        line
        for line in source.partition("@app.before_request")[0].splitlines()
        if "former" not in line
    ]
    app = Flask("shop")
    app.secret_key = "0123456789abcdef" * 2
    exec("\n".join(stays), {"app": app})  # noqa: S102
    app.add_url_rule("/", view_func=lambda: {"cart": session.get("cart")})
    later = app.test_client()
    later.set_cookie("__Host-session", cookie, domain="shop.test", secure=True)
    assert shown(later) == {"cart": ["linzer"]}


def test_the_old_session_ends_in_the_store_and_the_browser_once_ours_came_back(
    config: dict[str, Any],
) -> None:
    cookie = signed_in(config)
    browser = visitor(site(config, bridge=True), cookie=cookie)
    shown(browser)
    assert cookie_of(browser) == cookie
    shown(browser)
    assert cookie_of(browser) is None
    assert shown(browser) == EVERYTHING
    late = visitor(site(config, bridge=True), cookie=cookie)
    assert shown(late).items() >= NOBODY.items()


def test_requests_at_once_and_a_lost_response_cost_nobody_the_session(
    of_redis: dict[str, Any],
) -> None:
    cookie = signed_in(of_redis)
    app = site(of_redis, bridge=True)
    for _ in range(3):
        assert shown(visitor(app, cookie=cookie)) == EVERYTHING


@pytest.mark.parametrize("way", ["/sign-out", "/sign-out?clear=yes"])
def test_signing_out_in_the_very_first_request_is_final(of_redis: dict[str, Any], way: str) -> None:
    browser = visitor(site(of_redis, bridge=True), cookie=signed_in(of_redis))
    browser.post(way, base_url=SITE)
    assert shown(browser)["user"] is None
    assert shown(browser)["user"] is None
    assert cookie_of(browser) is None


def test_a_change_after_the_move_is_not_undone_by_the_old_session(of_redis: dict[str, Any]) -> None:
    browser = visitor(site(of_redis, bridge=True), cookie=signed_in(of_redis))
    browser.post("/cart/sacher", base_url=SITE)
    assert shown(browser)["cart"] == ["linzer", "sacher"]
    assert shown(browser)["cart"] == ["linzer", "sacher"]


def test_an_instance_without_the_bridge_still_serves_who_came_by_once(
    of_redis: dict[str, Any],
) -> None:
    browser = visitor(site(of_redis, bridge=True), cookie=signed_in(of_redis))
    shown(browser)
    old = visitor(site(of_redis, bridge=False), cookie=cookie_of(browser))
    assert shown(old)["user"] == "ann"


def test_a_cookie_that_leads_to_nothing_is_taken_away(of_redis: dict[str, Any]) -> None:
    browser = visitor(site(of_redis, bridge=True), cookie="made-up")
    assert shown(browser).items() >= NOBODY.items()
    assert cookie_of(browser) is None


def test_who_has_no_old_cookie_costs_the_old_store_nothing(
    of_redis: dict[str, Any], server: RedisServer
) -> None:
    browser = visitor(site(of_redis, bridge=True))
    browser.post("/sign-in", base_url=SITE)
    server.tell("CONFIG RESETSTAT")
    assert shown(browser)["user"] == "ann"
    asked = server.tell("INFO", "commandstats")
    assert isinstance(asked, dict)
    assert not {"cmdstat_get", "cmdstat_set", "cmdstat_del"} & set(asked)


def test_a_copied_session_can_be_ended_as_any_other(
    of_redis: dict[str, Any], tmp_path: Path
) -> None:
    from cookie_sessions.flask import CookieSessions

    app = site(of_redis, bridge=True, COOKIE_SESSIONS_REVOCATIONS=f"sqlite:{tmp_path / 'ended.db'}")
    browser = visitor(app, cookie=signed_in(of_redis))
    shown(browser)
    assert shown(browser)["user"] == "ann"
    CookieSessions.revoke_user(app, "ann")
    assert shown(browser)["user"] is None


def test_flask_session_changes_types_and_we_do_not(of_redis: dict[str, Any]) -> None:
    for bridge, kept in ((False, "list"), (True, "tuple")):
        app = site(of_redis, bridge=bridge)

        @app.post("/pair")
        def pair() -> str:
            session["pair"] = (1, 2)
            return ""

        @app.get("/pair")
        def kind() -> str:
            return type(session["pair"]).__name__

        browser = visitor(app)
        browser.post("/pair", base_url=SITE)
        assert browser.get("/pair", base_url=SITE).text == kept
