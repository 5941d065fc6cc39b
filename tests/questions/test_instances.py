"""Several processes, hosts and applications that share visitors."""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Flask, session

from cookie_sessions.keys import new_jwk_set
from tests.flask.listed import Browser
from tests.flask.world import events_of, names_of, ours, route


def shop(**config: object) -> Flask:
    app = ours(**config)
    route(app, lambda: session.update(user="ann"), at="/sign-in")
    route(app, lambda: session.get("user", "nobody"))
    return app


def signed_in(app: Flask) -> Browser:
    browser = Browser(app)
    browser.get("/sign-in")
    assert browser.get() == "ann"
    return browser


def test_a_restart_signs_nobody_out_and_any_instance_with_the_same_keys_will_do(
    tmp_path: Path,
) -> None:
    ring = tmp_path / "keys.json"
    ring.write_text(new_jwk_set())
    ring.chmod(0o600)
    for config in ({}, {"COOKIE_SESSIONS_KEYS": f"file:{ring}"}):
        browser = signed_in(shop(**config))
        for _ in range(3):
            assert browser.copied(shop(**config)).get() == "ann"


def test_a_secret_key_that_each_process_makes_anew_signs_everybody_out_and_says_why() -> None:
    browser = signed_in(shop(SECRET_KEY=secrets.token_hex()))
    restarted = shop(SECRET_KEY=secrets.token_hex())
    told = events_of(restarted)
    visitor = browser.copied(restarted)
    assert visitor.get() == "nobody"
    assert names_of(told) == ["rejected:unknown_kid"]
    assert visitor.cookie == browser.cookie


def test_the_hosts_of_a_domain_share_a_session_where_the_cookie_says_so() -> None:
    config = {"SESSION_COOKIE_DOMAIN": "example.com"}
    app, other = shop(**config), shop(**config)
    client = app.test_client()
    client.get("/sign-in", base_url="https://accounts.example.com")
    cookie = client.get_cookie("session", domain="example.com")
    assert cookie is not None
    assert not cookie.origin_only
    there = other.test_client()
    there.set_cookie("session", cookie.value, domain="example.com", origin_only=False)
    assert there.get("/", base_url="https://shop.example.com").text == "ann"
    assert there.get("/", base_url="https://example.org").text == "nobody"


def test_two_applications_of_one_host_keep_apart_by_the_names_of_their_cookies() -> None:
    shops = shop(SESSION_COOKIE_NAME="shop"), shop(SESSION_COOKIE_NAME="blog")
    client = shops[0].test_client()
    client.get("/sign-in")
    cookie = client.get_cookie("shop")
    assert cookie is not None
    other = shops[1].test_client()
    for name in ("shop", "blog"):
        other.set_cookie(name, cookie.value)
    assert other.get("/").text == "nobody"
    assert client.get("/").text == "ann"
