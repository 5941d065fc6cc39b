"""What a User-Agent header says that stays the same while a browser updates itself.

Current browsers freeze the rest on purpose ("User-Agent reduction"), and ask for a desktop's page
under a desktop's name.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from cookie_sessions.client import MAX_CHARACTERS

MAX_MAJOR: Final = 0xFFFF
SYSTEM_PLAYER: Final = "apple media"
"""Fetches the sound and video of a page for whatever browser shows it, with that one's cookies."""

_PRODUCT: Final = re.compile(r"(?<![\w.-])([A-Za-z][A-Za-z0-9_-]{0,31})/([0-9]{0,9})")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
_FAMILIES: Final = (
    ("HeadlessChrome", "headless chrome"),
    ("Edg", "edge"),
    ("EdgA", "edge"),
    ("EdgiOS", "edge"),
    ("Edge", "edge"),
    ("OPR", "opera"),
    ("OPT", "opera"),
    ("OPX", "opera"),
    ("OPiOS", "opera"),
    ("SamsungBrowser", "samsung"),
    ("YaBrowser", "yandex"),
    ("UCBrowser", "uc"),
    ("UCMobile", "uc"),
    ("MiuiBrowser", "miui"),
    ("HuaweiBrowser", "huawei"),
    ("VivoBrowser", "vivo"),
    ("HeyTapBrowser", "heytap"),
    ("HiBrowser", "hi"),
    ("Whale", "whale"),
    ("Vivaldi", "vivaldi"),
    ("DuckDuckGo", "duckduckgo"),
    ("Ddg", "duckduckgo"),
    ("FxiOS", "firefox"),
    ("Focus", "focus"),
    ("Firefox", "firefox"),
    ("CriOS", "chrome"),
    ("GSA", "google app"),
    ("Chromium", "chrome"),
    ("Chrome", "chrome"),
    ("Trident", "ie"),
    ("AppleCoreMedia", SYSTEM_PLAYER),
)
"""The first product that a header names decides: all others stand there for compatibility."""

_SYSTEMS: Final = (
    ("windows", ("Windows",)),
    ("apple", ("Macintosh", "iPhone", "iPad", "iPod")),
    ("linux", ("Android", "Linux", "X11", "CrOS")),
)


class UserAgent(NamedTuple):
    """A browser, as its header tells it.

    Attributes:
        family: its name in lower case, the same on all systems; empty where none can be told.
        system: "windows", "apple" (macOS, iOS, iPadOS), "linux" (Android, ChromeOS and the like) or
            empty. A phone that asks for the desktop's page changes within one of them.
        major: the first number of its version, at most 65,535; 0 where it can't be told.
    """

    family: str
    system: str
    major: int


def parse(text: str) -> UserAgent:
    """Read a User-Agent header of any content; never fails, in time linear in what is looked at.

    Args:
        text: the header, of which the first 1024 characters count.
    """
    return _parsed(text[:MAX_CHARACTERS])


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> UserAgent:
    products: dict[str, str] = {}
    for name, number in _PRODUCT.findall(text):
        products.setdefault(name, number)
    comment = text.partition("(")[2].partition(")")[0]
    family, number = _family(text, products, comment)
    major = min(int(number), MAX_MAJOR) if number else 0
    return UserAgent(family, _system(comment), major)


def _family(text: str, products: dict[str, str], comment: str) -> tuple[str, str]:
    for name, family in _FAMILIES:
        if name in products:
            # Safari's version beside Chrome's name stands for Android's part of an application.
            embedded = name == "Chrome" and (comment.endswith("; wv") or "Version" in products)
            return ("android webview" if embedded else family), products[name]
    if "Safari" in products and "Version" in products:
        return "safari", products["Version"]
    if "AppleWebKit" in products:
        return "webkit", products["AppleWebKit"]
    for name, number in products.items():
        return name.lower(), number
    word = _WORD.search(text)
    return (word[0].lower() if word else ""), ""


def _system(comment: str) -> str:
    for system, marks in _SYSTEMS:
        if any(mark in comment for mark in marks):
            return system
    return ""
