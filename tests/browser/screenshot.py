"""Make the README's picture of the shop's inspector anew: ``python -m tests.browser.screenshot``.

It starts the shop and Chromium, signs in, fills a cart, leaves notes that have no room in a cookie,
opens the page of the visitor's own cookie, and writes docs/inspector.png: real numbers of a real
cookie.
Beside Chromium it needs pngquant (apt-get install pngquant), which makes the file a third as large.
"""

from __future__ import annotations

import base64
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from string import ascii_uppercase, digits
from typing import Final

from tests.examples.conftest import RunningShop

from .chromium import Chromium
from .shopper import Shopper

PICTURE: Final = Path(__file__).resolve().parents[2] / "docs" / "inspector.png"
WIDTH: Final = 1000
"""The width of the window, in CSS pixels; the picture has twice as many."""

ARTICLES: Final = ("chocolate-chip", "linzer", "shortbread", "pistachio-macaron", "milk-jug")
VOUCHERS: Final = 300
MARGIN: Final = 28
COLOURS: Final = 128
_BOUNDS: Final = """
const first = document.querySelector(arguments[0]).getBoundingClientRect();
const last = document.querySelector(arguments[1]).getBoundingClientRect();
return {x: first.x, y: first.y + scrollY, right: last.right, bottom: last.bottom + scrollY};
"""


def fill_cart(shopper: Shopper) -> None:
    """Sign in to stay, look at an article or two, and buy five."""
    shopper.sign_in("ada@lovelace.example", remember=True)
    for sku in ARTICLES:
        shopper.visit(f"/biscuit/{sku}")
        shopper.add(sku)


def leave_notes(shopper: Shopper) -> None:
    """Note so much at two articles that it has to go to the store."""
    for sku in ("linzer", "milk-jug"):
        shopper.note(sku, f"For the tea on Sunday. Vouchers: {_vouchers(sku)}")


def _vouchers(sku: str) -> str:
    drawn = random.Random(sku)
    codes = ["".join(drawn.choices(ascii_uppercase + digits, k=8)) for _ in range(VOUCHERS)]
    return ", ".join(codes)


def picture(browser: Chromium) -> bytes:
    """The inspector's page from its title to the two cookies side by side, as a PNG."""
    # The shop's own header would stay at the top of the window, in the middle of the picture.
    browser.script("document.querySelector('.top').remove()")
    bounds = browser.script(_BOUNDS, ".inspector > header", ".sides")
    clip = {
        "x": bounds["x"] - MARGIN,
        "y": bounds["y"] - MARGIN,
        "width": bounds["right"] - bounds["x"] + 2 * MARGIN,
        "height": bounds["bottom"] - bounds["y"] + 2 * MARGIN,
        "scale": 1,
    }
    shot = browser.devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    command = ["pngquant", "--nofs", "--speed", "1", "--strip", str(COLOURS), "-"]
    png = base64.b64decode(shot["data"])
    return subprocess.run(command, input=png, stdout=subprocess.PIPE, check=True).stdout


def main() -> int:
    """Write the picture; 0 if all went well."""
    with tempfile.TemporaryDirectory() as folder:
        shop = RunningShop(Path(folder))
        shop.start()
        try:
            with Chromium(Path(folder) / "profile") as browser:
                metrics = {"width": WIDTH, "height": 900, "deviceScaleFactor": 2, "mobile": False}
                browser.devtools("Emulation.setDeviceMetricsOverride", **metrics)
                light = [{"name": "prefers-color-scheme", "value": "light"}]
                browser.devtools("Emulation.setEmulatedMedia", features=light)
                shopper = Shopper(browser, shop.address)
                fill_cart(shopper)
                leave_notes(shopper)
                shopper.visit("/cookie")
                PICTURE.write_bytes(picture(browser))
        finally:
            shop.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
