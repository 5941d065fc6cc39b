"""Further sessions beside the main one: sudo mode, with a stricter cookie that ends with it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from flask import Flask, request, session

from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.named import NamedSession
from tests.flask.conftest import Clock
from tests.flask.listed import sealed_session, shop
from tests.flask.world import events_of, names_of, route, set_cookies

SUDO = "session-sudo"


def with_sudo(*, beside_main: bool = True, **config: Any) -> tuple[Flask, NamedSession]:
    app = shop(**config)
    sudo = CookieSessions.named(
        app, "sudo", idle_timeout=600, absolute_timeout=1800, beside_main=beside_main
    )
    route(app, lambda: sudo.session.update(by="password"), at="/sudo")
    route(app, lambda: sudo.session.get("by", "no"), at="/may")
    route(app, lambda: sudo.session.destroy(), at="/enough")
    route(app, lambda: session.update(n=1), at="/n")
    route(app, lambda: "untouched", at="/other")

    def both() -> None:
        session["n"] = 2
        sudo.session["by"] = "key"

    def confirm() -> None:
        sealed_session().supersede()
        sudo.session["by"] = "password"

    route(app, both, at="/both")
    route(app, confirm, at="/confirm")
    return app, sudo


def mixed(app: Flask, main: Any, other: Any) -> Any:
    """A browser with the main cookie of one and the further one of another."""
    client = app.test_client()
    for source, name in ((main, "session"), (other, SUDO)):
        cookie = source.get_cookie(name)
        if cookie is not None:
            client.set_cookie(name, cookie.value)
    return client


def signed_in(app: Flask, user: str = "ann") -> Any:
    client = app.test_client()
    client.get(f"/sign-in/{user}")
    return client


def test_it_has_a_cookie_of_its_own_that_is_stricter() -> None:
    app, _ = with_sudo()
    client = signed_in(app)
    line, main = set_cookies(client.get("/sudo"))
    assert line.startswith(f"{SUDO}=")
    assert main.startswith("session=")
    assert line.endswith("; HttpOnly; Path=/; SameSite=Strict")
    assert client.get("/may").text == "password"
    assert client.get("/").text == "ann"


def test_the_main_session_is_written_beside_it_and_each_only_where_it_changes() -> None:
    app, _ = with_sudo()
    client = signed_in(app)
    names = [line.partition("=")[0] for line in set_cookies(client.get("/both"))]
    assert names == [SUDO, "session"]
    assert [line.partition("=")[0] for line in set_cookies(client.get("/n"))] == ["session"]


def test_it_is_refused_beside_any_other_session() -> None:
    app, _ = with_sudo()
    ann, other, bob = signed_in(app), signed_in(app), signed_in(app, "bob")
    ann.get("/sudo")
    happened = events_of(app)
    for main in (other, bob, app.test_client()):
        client = mixed(app, main, ann)
        assert client.get("/may").text == "no"
        assert client.get_cookie(SUDO) is not None
    assert names_of(happened).count("rejected:binding_mismatch") == 3


@pytest.mark.parametrize("way", ["/destroy", "/clear", "/regenerate", "/supersede", "/sign-in/bob"])
def test_it_ends_with_the_main_session_and_with_its_id(way: str) -> None:
    app, _ = with_sudo()
    client = signed_in(app)
    client.get("/sudo")
    thief = mixed(app, client, client)
    client.get(way)
    assert client.get("/may").text == "no"
    client.get("/sign-in/ann")
    assert client.get("/may").text == "no"
    if way != "/regenerate":
        assert thief.get("/may").text == "no"


def test_it_goes_on_where_it_is_written_with_the_new_id() -> None:
    app, _ = with_sudo()
    client = signed_in(app)
    client.get("/confirm")
    assert client.get("/may").text == "password"


def test_its_timeouts_are_its_own(clock: Clock) -> None:
    app, _ = with_sudo()
    client = signed_in(app)
    client.get("/sudo")
    for _ in range(3):
        clock.forward(590)
        assert client.get("/may").text == "password"
    clock.forward(59)
    assert (client.get("/may").text, client.get("/").text) == ("no", "ann")
    client.get("/sudo")
    clock.forward(601)
    assert (client.get("/may").text, client.get("/").text) == ("no", "ann")


def test_it_can_be_ended_by_itself() -> None:
    app, _ = with_sudo()
    client = signed_in(app)
    client.get("/sudo")
    client.get("/enough")
    assert client.get_cookie(SUDO) is None
    assert (client.get("/may").text, client.get("/").text) == ("no", "ann")


def test_neither_opens_as_the_other() -> None:
    app, _ = with_sudo(beside_main=False)
    client = signed_in(app)
    client.get("/sudo")
    main, sudo = (client.get_cookie(name).value for name in ("session", SUDO))
    crossed = app.test_client()
    crossed.set_cookie("session", sudo)
    crossed.set_cookie(SUDO, main)
    assert (crossed.get("/").text, crossed.get("/may").text) == ("nobody", "no")


def test_beside_nothing_it_is_not_kept_and_that_is_told() -> None:
    app, _ = with_sudo()
    happened = events_of(app)
    assert set_cookies(app.test_client().get("/sudo")) == []
    assert names_of(happened) == ["write_ignored"]
    alone, _ = with_sudo(beside_main=False)
    client = alone.test_client()
    client.get("/sudo")
    assert client.get("/may").text == "password"


@pytest.mark.parametrize("how", ["read", "write"])
def test_it_never_passes_to_the_next_user_of_the_browser(how: str, clock: Clock) -> None:
    app, sudo = with_sudo()

    @app.before_request
    def look() -> None:
        if sudo.session.get("by") and how == "write":
            sudo.session["seen"] = clock.time

    client = signed_in(app)
    client.get("/sudo")
    clock.forward(400)
    client.get("/sign-in/bob")
    assert client.get_cookie(SUDO) is None
    assert (client.get("/").text, client.get("/may").text) == ("bob", "no")


def test_signing_out_in_the_request_that_uses_it_ends_both() -> None:
    app, sudo = with_sudo()

    def close() -> None:
        sudo.session["used"] = 1
        session.clear()

    route(app, close, at="/close")
    client = signed_in(app)
    client.get("/sudo")
    client.get("/close")
    assert client.get_cookie("session") is None
    assert client.get_cookie(SUDO) is None


def test_an_error_of_its_own_does_not_take_the_main_sessions_cookie_along() -> None:
    app, sudo = with_sudo(PROPAGATE_EXCEPTIONS=False)

    def overload() -> None:
        session["n"] = 2
        sudo.session["large"] = os.urandom(100_000)

    route(app, overload, at="/overload")
    route(app, lambda: session.get("n"), at="/n-now")
    client = signed_in(app)
    assert client.get("/overload").status_code == 500
    assert client.get("/n-now").text == "2"


def test_one_that_is_begun_is_not_sealed_for_another_who_signs_in_with_it() -> None:
    app, sudo = with_sudo()

    def both() -> None:
        sudo.session["by"] = "ann's password"
        sealed_session().subject = "bob"

    route(app, both, at="/begin-and-change")
    client = signed_in(app)
    client.get("/begin-and-change")
    assert client.get("/may").text == "no"


@pytest.mark.parametrize("which", ["main", "other"])
def test_it_ends_though_another_session_can_not_be_saved(which: str) -> None:
    app, sudo = with_sudo(PROPAGATE_EXCEPTIONS=False)
    other = CookieSessions.named(app, "other", idle_timeout=600)

    def end() -> None:
        sudo.session.clear()
        (session if which == "main" else other.session)["large"] = os.urandom(100_000)

    route(app, end, at="/end")
    client = signed_in(app)
    client.get("/sudo")
    assert client.get("/end").status_code == 500
    assert client.get("/may").text == "no"


def test_an_application_within_another_saves_its_own_alone() -> None:
    outer, sudo = with_sudo()
    inner = shop()
    route(inner, lambda: "inner", at="/call")

    def call() -> str:
        sudo.session["by"] = "password"
        with inner.request_context(request.environ):
            answer = inner.full_dispatch_request()
        return str(answer.headers.getlist("Set-Cookie"))

    route(outer, call, at="/call")
    client = signed_in(outer)
    response = client.get("/call")
    assert SUDO not in response.text
    assert client.get("/may").text == "password"


def test_a_level_holds_for_it_too(clock: Clock) -> None:
    app = shop(COOKIE_SESSIONS_TIMEOUTS="aal3")
    long = CookieSessions.named(app, "long", idle_timeout=10**6, beside_main=False)
    route(app, lambda: long.session.update(a=1), at="/begin")
    route(app, lambda: long.session.get("a"), at="/go-on")
    client = app.test_client()
    client.get("/begin")
    clock.forward(901)
    assert client.get("/go-on").text == "None"


def test_a_request_that_does_not_use_it_pays_nothing_and_says_nothing() -> None:
    app, _ = with_sudo()
    client = signed_in(app)
    client.get("/sudo")
    assert set_cookies(client.get("/other")) == []


def test_it_is_used_in_requests_and_made_once() -> None:
    app, sudo = with_sudo()
    with pytest.raises(UsageError, match="no request"):
        _ = sudo.session
    with pytest.raises(ConfigurationError, match="already"):
        CookieSessions.named(app, "sudo", idle_timeout=1)
    for name in ("a b", "a;b", "", "a.1", "ä"):
        with pytest.raises(ConfigurationError, match="can't be called"):
            CookieSessions.named(app, name, idle_timeout=1)
    assert repr(sudo) == "<NamedSession 'sudo'>"


@pytest.mark.parametrize("way", ["destroy", "clear"])
@pytest.mark.parametrize("beside_main", [True, False])
def test_whoever_copied_both_cookies_has_nothing_once_it_was_ended(
    way: str, *, beside_main: bool
) -> None:
    app, sudo = with_sudo(beside_main=beside_main)
    route(app, lambda: sudo.session.clear(), at="/clear-it")
    client = signed_in(app)
    client.get("/sudo")
    thief = mixed(app, client, client)
    assert thief.get("/may").text == "password"
    happened = events_of(app)
    client.get("/enough" if way == "destroy" else "/clear-it")
    assert (thief.get("/may").text, thief.get("/").text) == ("no", "ann")
    assert "rejected:revoked" in names_of(happened)


def test_nobody_fills_the_list_by_one_beside_a_session_of_nobody() -> None:
    app, _ = with_sudo()
    client = app.test_client()
    client.get("/n")
    client.get("/sudo")
    happened = events_of(app)
    client.get("/enough")
    assert names_of(happened) == ["not_revoked", "destroyed"]
