"""The inspector on a phone and in the dark, as a browser lays it out."""

from __future__ import annotations

import pytest

from .chromium import Chromium
from .engine import Browser
from .legible import check_legible, seen_with
from .screenshot import fill_cart, leave_notes
from .shopper import Shopper

pytestmark = pytest.mark.once


# Only Chromium can be told a window's size and colours.
@pytest.mark.parametrize("kind", [Chromium], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_with_a_value_in_the_store_fits_its_window_and_can_be_read(
    browser: Browser, shopper: Shopper, width: int, scheme: str
) -> None:
    assert isinstance(browser, Chromium)
    fill_cart(shopper)
    leave_notes(shopper)
    with seen_with(browser, width=width, scheme=scheme):
        shopper.visit("/cookie")
        assert browser.count(".kept tbody tr") == 1
        check_legible(browser, texts=80)
