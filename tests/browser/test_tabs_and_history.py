"""Two tabs of one browser, and the back button."""

from __future__ import annotations

import pytest

from .shopper import Shopper

pytestmark = pytest.mark.once

NAME = "Ada Lovelace"


def test_two_tabs_share_the_visitor_and_the_cart(shopper: Shopper) -> None:
    shopper.sign_in(NAME)
    shopper.add("linzer")
    with shopper.browser.in_new_tab():
        shopper.visit()
        assert (shopper.name, shopper.pieces) == (NAME, 1)
        shopper.add("milk-jug")
        assert (shopper.name, shopper.pieces) == (NAME, 2)
    assert shopper.pieces == 1
    shopper.add("ginger-snap")
    assert (shopper.name, shopper.pieces) == (NAME, 3)


def test_signing_out_in_one_tab_signs_the_other_out(shopper: Shopper) -> None:
    shopper.sign_in(NAME)
    shopper.add("linzer")
    with shopper.browser.in_new_tab():
        shopper.visit()
        shopper.sign_out()
        assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 0)
    # The other tab still shows the page from before, whose buttons now act for nobody.
    assert (shopper.name, shopper.pieces) == (NAME, 1)
    shopper.add("milk-jug")
    assert (shopper.status, shopper.name, shopper.pieces) == (403, "", 0)
    shopper.visit()
    assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 0)
    shopper.add("milk-jug")
    assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 1)


def test_the_back_button_after_signing_out_shows_the_pages_as_nobody_sees_them(
    shopper: Shopper,
) -> None:
    shopper.sign_in(NAME)
    shopper.add("linzer")
    shopper.visit("/biscuit/linzer")
    shopper.visit("/cart")
    assert (shopper.name, shopper.pieces) == (NAME, 1)
    shopper.sign_out()
    for path in ("/cart", "/biscuit/linzer"):
        shopper.browser.back()
        assert shopper.browser.url == shopper.address + path
        assert (shopper.name, shopper.pieces) == ("", 0)
    shopper.add("linzer")
    assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 1)
