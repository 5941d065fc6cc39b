"""What is left of a visit when the browser is closed and opened again."""

from __future__ import annotations

import time

import pytest

from .shopper import Shopper

pytestmark = pytest.mark.once

A_MONTH = 31 * 24 * 3600.0
SLACK = 60.0
NAME = "Ada Lovelace"


def test_who_asked_to_be_remembered_comes_back_to_the_cart_after_the_browser_was_closed(
    shopper: Shopper,
) -> None:
    shopper.sign_in(NAME, remember=True)
    shopper.add("linzer")
    shopper.add("milk-jug")
    assert shopper.pieces == 2
    shopper.browser.restart()
    shopper.visit()
    assert (shopper.name, shopper.pieces) == (NAME, 2)
    shopper.add("linzer")
    assert (shopper.name, shopper.pieces) == (NAME, 3)


def test_who_did_not_ask_is_forgotten_when_the_browser_is_closed(shopper: Shopper) -> None:
    shopper.sign_in(NAME)
    shopper.add("linzer")
    assert (shopper.name, shopper.pieces) == (NAME, 1)
    shopper.browser.restart()
    assert shopper.browser.cookies() == []
    shopper.visit()
    assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 0)


@pytest.mark.parametrize("remember", [True, False], ids=["remembered", "for this visit"])
def test_the_browser_keeps_the_cookie_with_the_attributes_that_were_meant(
    shopper: Shopper, remember: bool
) -> None:
    shopper.sign_in(NAME, remember=remember)
    cookie = shopper.cookie()
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.path == "/"
    assert cookie.domain == "127.0.0.1"
    if remember:
        assert cookie.expires == pytest.approx(time.time() + A_MONTH, abs=SLACK)
    else:
        assert cookie.expires is None
