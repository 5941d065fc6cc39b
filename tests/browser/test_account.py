"""One person with two browsers, who signs out of one from the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cookie_sessions.settings import Settings
from tests.examples.conftest import RunningShop

from .chromium import Chromium
from .engine import Browser
from .legible import check_legible, seen_with
from .shopper import Shopper

pytestmark = pytest.mark.once

CALLED: Final = {"chromium": "Chrome on Linux", "firefox": "Firefox on Linux"}
THE_OTHER: Final = ".place form button"
EVERYWHERE_ELSE: Final = "form[action$='/sign-out-everywhere-else'] button"
EVERYWHERE: Final = "form[action$='/sign-out-everywhere'] button"
THEME: Final = "return document.documentElement.dataset.theme"


@pytest.fixture
def phone(kind: type[Browser], shop: RunningShop, tmp_path: Path) -> Iterator[Shopper]:
    """The person's other browser, with a profile of its own."""
    with kind(tmp_path / "phone") as browser:
        yield Shopper(browser, shop.address)


def like_it_dark(shopper: Shopper) -> None:
    shopper.visit("/preferences")
    shopper.browser.click("label[for='theme-dark']")
    shopper.browser.follow("form.panel button")


def wait_for_the_other_worker() -> None:
    """It may go by what it read before for so long."""
    time.sleep(Settings().revocations_staleness + 0.1)


def check_starts_anew(shopper: Shopper) -> None:
    """The next click is nobody's, without a cart and preferences, and the shop works from there."""
    shopper.visit()
    assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 0)
    assert shopper.browser.script(THEME) == "auto"
    shopper.add("milk-jug")
    assert (shopper.status, shopper.name, shopper.pieces) == (200, "", 1)


def test_one_browser_ends_the_other_which_is_signed_out_at_its_next_click(
    shopper: Shopper, phone: Shopper
) -> None:
    name = f"Ada who ends one {shopper.browser.name}"
    for each in (shopper, phone):
        each.sign_in(name, remember=True)
        like_it_dark(each)
        each.visit("/biscuit/linzer")
        each.add("linzer")
    copied = phone.cookie()
    shopper.visit("/account")
    called = CALLED[shopper.browser.name]
    assert shopper.browser.count(".place") == 2
    assert shopper.browser.text(".place h2") == f"{called} this browser"
    assert shopper.browser.text(".place + .place h2") == called
    shopper.browser.follow(THE_OTHER)
    assert "That browser is signed out." in shopper.browser.text(".messages")
    assert (shopper.status, shopper.browser.count(".place")) == (200, 1)
    wait_for_the_other_worker()
    check_starts_anew(phone)
    phone.hold(copied)
    check_starts_anew(phone)
    shopper.visit()
    assert (shopper.status, shopper.name, shopper.pieces) == (200, name, 1)
    assert shopper.browser.script(THEME) == "dark"


def test_signing_out_everywhere_else_and_then_everywhere(shopper: Shopper, phone: Shopper) -> None:
    name = f"Ada who leaves {shopper.browser.name}"
    for each in (shopper, phone):
        each.sign_in(name)
    like_it_dark(shopper)
    shopper.visit("/account")
    shopper.browser.follow(EVERYWHERE_ELSE)
    assert (shopper.status, shopper.name, shopper.browser.count(".place")) == (200, name, 1)
    wait_for_the_other_worker()
    check_starts_anew(phone)
    phone.sign_in(name)
    assert (phone.name, phone.pieces) == (name, 1)
    copied = shopper.cookie()
    shopper.visit("/account")
    assert shopper.browser.count(".place") == 2
    shopper.browser.follow(EVERYWHERE)
    assert (shopper.status, shopper.name) == (200, "")
    assert shopper.browser.script(THEME) == "dark"
    wait_for_the_other_worker()
    check_starts_anew(phone)
    shopper.hold(copied)
    check_starts_anew(shopper)


# Only Chromium can be told a window's size and colours.
@pytest.mark.parametrize("kind", [Chromium], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_list_fits_its_window_and_can_be_read(
    browser: Browser, shopper: Shopper, width: int, scheme: str
) -> None:
    assert isinstance(browser, Chromium)
    for _ in range(2):
        browser.clear_cookies()
        shopper.sign_in(f"Ada {scheme} {width}")
    with seen_with(browser, width=width, scheme=scheme):
        shopper.visit("/account")
        assert browser.count(".place") == 2
        check_legible(browser, texts=10)
