"""Whether a page fits its window and can be read, as Chromium lays it out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from .chromium import Chromium

# Contrast by WCAG 2.2, 1.4.3, of each text against the nearest background behind it.
_CONTRASTS: Final = """
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
_SIDEWAYS: Final = """
const {scrollWidth, clientWidth} = document.documentElement;
return scrollWidth - clientWidth;
"""


@contextmanager
def seen_with(browser: Chromium, *, width: int, scheme: str) -> Iterator[None]:
    """A window of another width and colours for a while; a narrow one is a phone's.

    Args:
        browser: only Chromium can be told.
        width: in CSS pixels.
        scheme: "light" or "dark".
    """
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
        yield
        assert browser.script("return innerWidth") == width
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")
        browser.devtools("Emulation.setEmulatedMedia", features=[])


def check_legible(browser: Chromium, *, texts: int) -> None:
    """Check that the page is not wider than its window, and that its texts stand out.

    Args:
        browser: shows the page.
        texts: how many there are at least.
    """
    assert browser.script(_SIDEWAYS) == 0
    found = browser.script(_CONTRASTS)
    assert found["seen"] > texts
    assert found["low"] == []
