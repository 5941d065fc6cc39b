"""Where in an application's code something happened, told without what stood in its variables."""

from __future__ import annotations

import sys
from typing import Final

_NOT_THE_CALLERS: Final = (
    "cookie_sessions.",
    "flask.",
    "werkzeug.",
    "starlette.",
    "quart.",
    "collections.",
    "_collections",
)


def place_of_caller() -> str:
    """The file and line that called into this package, past the frameworks in between."""
    frame = sys._getframe(1)
    outer = frame.f_back
    while outer is not None:
        module = str(outer.f_globals.get("__name__", ""))
        if not module.startswith(_NOT_THE_CALLERS):
            return f"{outer.f_code.co_filename}:{outer.f_lineno}"
        outer = outer.f_back
    return "an unknown place"
