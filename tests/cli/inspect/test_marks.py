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


def test_a_session_that_is_not_remembered_does_not(shop: Shop) -> None:
    told = inspect("--reason", "x", text=shop.header(sign_in(remember=False))).stdout
    assert "lives" not in told
