"""A cookie that its owner edited in the browser's developer tools, and cookies that are blocked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.examples.conftest import RunningShop

from .engine import Browser
from .shopper import COOKIE, Shopper

pytestmark = pytest.mark.once

NAME = "Ada Lovelace"


def _another(character: str) -> str:
    return "A" if character != "A" else "B"


EDITS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "its first character": lambda value: _another(value[0]) + value[1:],
        "a character of the nonce": lambda value: value[:30] + _another(value[30]) + value[31:],
        "a sealed character": lambda value: value[:100] + _another(value[100]) + value[101:],
        "its last character": lambda value: value[:-1] + _another(value[-1]),
        "emptied": lambda _: "",
        "cut short": lambda value: value[:-1],
        "twice over": lambda value: value + value,
        "junk": lambda _: "..%2F%00{{7*7}}<b>'\"",
        "much junk": lambda _: "x" * 4000,
    }
)


def test_an_edited_cookie_makes_an_anonymous_visitor_of_an_ordinary_page(shopper: Shopper) -> None:
    shopper.sign_in(NAME, remember=True)
    shopper.add("linzer")
    good = shopper.cookie()
    seen = {}
    for edit, edited in EDITS.items():
        value = edited(good.value)
        assert value != good.value
        shopper.browser.set_cookie(replace(good, value=value))
        assert shopper.cookie().value == value
        shopper.visit()
        first = (shopper.status, shopper.name, shopper.pieces)
        shopper.add("milk-jug")
        seen[edit] = (first, (shopper.status, shopper.name, shopper.pieces))
    # The shop works from the next click on.
    assert seen == dict.fromkeys(EDITS, ((200, "", 0), (200, "", 1)))
    shopper.sign_in(NAME)
    assert (shopper.status, shopper.name, shopper.pieces) == (200, NAME, 1)


def test_an_edit_that_is_taken_back_brings_the_visitor_back(shopper: Shopper) -> None:
    shopper.sign_in(NAME)
    good = shopper.cookie()
    shopper.browser.set_cookie(replace(good, value=_another(good.value[0]) + good.value[1:]))
    shopper.visit()
    assert shopper.name == ""
    shopper.browser.set_cookie(good)
    shopper.visit()
    assert shopper.name == NAME


def test_with_cookies_blocked_the_shop_can_be_read_and_says_why_nobody_can_sign_in(
    kind: type[Browser], shop: RunningShop, tmp_path: Path
) -> None:
    with kind(tmp_path / "profile", cookies_blocked=True) as browser:
        shopper = Shopper(browser, shop.address)
        for path in ("/biscuit/linzer", "/cart", "/preferences"):
            shopper.visit(path)
            assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 0)
        shopper.sign_in(NAME)
        assert (shopper.status, shopper.name) == (403, "")
        assert "blocks cookies, please allow them" in browser.text("main")
        shopper.visit()
        shopper.add("linzer")
        assert (shopper.status, shopper.pieces) == (403, 0)
        assert browser.cookies_named(COOKIE) == []
