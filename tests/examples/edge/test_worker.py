"""The handler of the page, with real requests, in front of a real server."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.examples.edge.edge import Edge, subkeys
from tests.examples.edge.site import RING, stored
from tests.plain import Site, key


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(monkeypatch)
    # The handler goes by the clock of the machine.
    made.now = time.time()
    return made


def handle(edge: Edge, path: str, cookie: str = "", **more: Any) -> Any:
    """What becomes of a request: the response, and what the origin saw of it."""
    env = {"SESSION_SUBKEYS": json.dumps(subkeys(*RING)), "SESSION_COOKIE": "session"}
    headers = [["cookie", cookie]] if cookie else []
    headers += more.get("headers", [])
    url = f"https://shop.test{path}"
    given = {"url": url, "headers": headers, "method": more.get("method", "GET")}
    given["body"] = more.get("body")
    return edge.ask("handle", env={**env, **more.get("env", {})}, **given)


def test_a_visitor_without_a_living_session_is_sent_to_sign_in(edge: Edge, site: Site) -> None:
    signed_in = stored(site, {"_user_id": "7"})
    another = stored(site, {"_user_id": "8"})
    site.now -= 7200
    ended = stored(site, {"_user_id": "7"})
    nobodys = stored(site, {"theme": "dark"})
    forged = signed_in[:-4] + "AAAA"
    two = f"{signed_in}; {another}"
    for cookie in ("", ended, nobodys, forged, "session=", "session=~2", two):
        told = handle(edge, "/account/orders?page=2", cookie)
        assert (told["status"], told["seen"]) == (303, [])
        assert told["headers"]["location"] == "/sign-in?next=%2Faccount%2Forders%3Fpage%3D2"
        assert told["headers"]["cache-control"] == "no-store"


def test_who_is_signed_in_reaches_the_origin_with_the_cookie_as_it_came(
    edge: Edge, site: Site
) -> None:
    cookie = stored(site, {"_user_id": "7"}) + "; other=1"
    told = handle(edge, "/account?x=1", cookie)
    assert (told["status"], told["text"]) == (200, "from the origin")
    assert told["cookies"] == ["a=1", "b=2"]
    (seen,) = told["seen"]
    assert (seen["url"], seen["headers"]["cookie"]) == ("/account?x=1", cookie)


def test_the_origin_is_told_the_variant_and_nobody_else_can_tell_it(edge: Edge, site: Site) -> None:
    dark = stored(site, {"theme": "dark"})
    for cookie, variant in ((dark, "dark"), ("", "light"), ("session=x", "light")):
        told = handle(edge, "/", cookie, headers=[["x-variant", "forged"]])
        assert told["seen"][0]["headers"]["x-variant"] == variant


def test_a_path_that_only_begins_like_that_of_members_is_open(edge: Edge) -> None:
    assert handle(edge, "/accountants")["status"] == 200


def test_other_methods_are_passed_on(edge: Edge) -> None:
    (seen,) = handle(edge, "/", method="POST", body="a=1&b=2")["seen"]
    assert (seen["method"], seen["body"]) == ("POST", "a=1&b=2")


def test_no_path_leads_to_another_host(edge: Edge) -> None:
    for path in ("//evil.test/x", "/\\evil.test/x", "//evil.test:81//account?next=//evil.test"):
        (seen,) = handle(edge, path)["seen"]
        assert seen["headers"]["host"].startswith("127.0.0.1:")
        assert seen["url"] == path.replace("\\", "/")


def test_during_a_rotation_both_keys_open(edge: Edge, site: Site) -> None:
    cookie = stored(site, {"_user_id": "7"})
    both = json.dumps(subkeys(key(2), key(1)))
    next_one = json.dumps(subkeys(key(2)))
    assert handle(edge, "/account", cookie, env={"SESSION_SUBKEYS": both})["status"] == 200
    assert handle(edge, "/account", cookie, env={"SESSION_SUBKEYS": next_one})["status"] == 303


@pytest.mark.parametrize("secret", ["", "{", '{"KID": "short"}', '{"KID": "hunter2'])
def test_a_secret_that_is_none_is_an_error_and_signs_nobody_in(
    edge: Edge, site: Site, secret: str
) -> None:
    secret = secret.replace("KID", key(1).kid.hex())
    url = "https://shop.test/account"
    cookie = [["cookie", stored(site, {"_user_id": "7"})]]
    env = {"SESSION_SUBKEYS": secret, "SESSION_COOKIE": "session"}
    said = edge.say("handle", url=url, headers=cookie, method="GET", env=env)
    assert said["error"].startswith("TypeError: ")
    assert "export-subkeys" in said["error"]
    assert "hunter2" not in str(said)
