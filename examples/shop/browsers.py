"""What a person knows a browser of theirs by, made of its User-Agent header."""

from __future__ import annotations

from typing import Final

ANY: Final = "A browser"

# Each claims to be those below it, so the first that is found is meant.
BROWSERS: Final = (
    ("Edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("Opera", ("OPR/",)),
    ("Samsung Internet", ("SamsungBrowser/",)),
    ("Firefox", ("Firefox/", "FxiOS/")),
    ("Chrome", ("Chrome/", "CriOS/")),
    ("Safari", ("Safari/",)),
)
SYSTEMS: Final = (
    ("an iPhone", ("iPhone",)),
    ("an iPad", ("iPad",)),
    ("Android", ("Android",)),
    ("Windows", ("Windows NT",)),
    ("ChromeOS", ("CrOS",)),
    ("macOS", ("Mac OS X",)),
    ("Linux", ("Linux",)),
)


def label_of(user_agent: str) -> str:
    """A coarse label such as "Firefox on Linux": no version, nothing else of the header.

    Args:
        user_agent: the header as it came, or empty.
    """
    browser = _first(BROWSERS, user_agent) or ANY
    system = _first(SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(known: tuple[tuple[str, tuple[str, ...]], ...], text: str) -> str:
    return next((name for name, marks in known if any(mark in text for mark in marks)), "")
