"""The claims that are not of every session, as people read them."""

from __future__ import annotations

from typing import Any

from flask import session

from tests.cli.inspect.world import Shop, inspect


def sign_in(remember: bool) -> Any:
    def fill() -> None:
        held: Any = session
        held["a"] = 1
        held.subject = "17"
        if remember:
            held.remember()

    return fill


def test_a_session_that_is_remembered_says_for_how_long(shop: Shop) -> None:
    shop.app.config["COOKIE_SESSIONS_REMEMBER_TIMEOUT"] = 40 * 86_400
    told = inspect("--reason", "x", text=shop.header(sign_in(remember=True))).stdout
    assert "lives     40 d (remembered)" in told
    assert "17" not in told.partition("subject")[2].partition("\n")[0]


def test_a_session_that_is_bound_or_stands_beside_another_says_so(shop: Shop) -> None:
    told = inspect("--reason", "x", text=shop.header(sign_in(remember=False))).stdout
    assert "  is        " not in told
    bound = Shop(shop.world, COOKIE_SESSIONS_BINDING={"user_agent": 60})
    told = inspect("--reason", "x", text=bound.header(sign_in(remember=False))).stdout
    assert "  is        bound to its client\n" in told


def test_a_session_that_went_on_under_another_key_names_those_before(shop: Shop) -> None:
    shop.fill = sign_in(remember=False)
    client = shop.app.test_client()
    client.get("/")
    (first,) = shop.world.keys().entries
    shop.world.do("add", "--now", "--label", "second")
    shop.world.now += 600
    # Another process, which has read the ring as it is now.
    again = Shop(shop.world)
    again.fill = lambda: session.update(b=2)
    cookie = client.get_cookie("session")
    assert cookie is not None
    there = again.app.test_client()
    there.set_cookie("session", cookie.value)
    there.get("/")
    moved = there.get_cookie("session")
    assert moved is not None
    header = f"session={moved.value}"
    told = inspect("--reason", "x", text=header).stdout
    assert f"  formerly  {first.kid.hex()}\n" in told
    assert "refused" not in told
    # A session of a key that leaked ends with it, whichever key it stands under by now.
    shop.world.do("revoke", first.kid.hex(), "--force")
    told = inspect("--reason", "x", text=header).stdout
    assert "  refused   by a server now: key_revoked\n" in told


def test_a_session_that_is_not_remembered_does_not(shop: Shop) -> None:
    told = inspect("--reason", "x", text=shop.header(sign_in(remember=False))).stdout
    assert "lives" not in told
