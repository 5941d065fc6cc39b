"""The inspector on a phone and in the dark, as a browser lays it out."""

from __future__ import annotations

import pytest

from .chromium import Chromium
from .engine import Browser
from .screenshot import fill_cart, leave_notes
from .shopper import Shopper

pytestmark = pytest.mark.once

# Contrast by WCAG 2.2, 1.4.3, of each text against the nearest background behind it.
CONTRASTS = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const behind = (element) => {
  const colour = rgba(getComputedStyle(element).backgroundColor);
  return colour[3] === 255 ? colour : behind(element.parentElement);
};
const low = [];
const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
let seen = 0;
while (walker.nextNode()) {
  if (!walker.currentNode.data.trim()) continue;
  seen += 1;
  const element = walker.currentNode.parentElement;
  const pair = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
  const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  if (ratio < 4.5) low.push(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
}
return {seen, low};
"""
SIDEWAYS = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


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
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.devtools("Emulation.setEmulatedMedia", features=media)
    browser.devtools(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=800,
        deviceScaleFactor=1,
        mobile=width < 500,
    )
    try:
        shopper.visit("/cookie")
        assert browser.count(".kept tbody tr") == 1
        assert browser.script("return innerWidth") == width
        assert browser.script(SIDEWAYS) == 0
        texts = browser.script(CONTRASTS)
        assert texts["seen"] > 80
        assert texts["low"] == []
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")
        browser.devtools("Emulation.setEmulatedMedia", features=[])
