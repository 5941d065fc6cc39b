"""What the probe and the command that asks it have in common: names, forms and bounds."""

from __future__ import annotations

import os
from typing import Final

PATH: Final = "/cookie-sessions-probe"
"""Where the probe answers, below the application's root."""

HEADER: Final = "Cookie-Sessions-Probe"
RUN_HEADER: Final = "Cookie-Sessions-Probe-Run"

MAX_OCTETS: Final = 65_536
"""Nobody asks for more: the reader of the Cookie header refuses more, and no session needs it."""

MAX_LINE: Final = 16_384
"""The longest single Set-Cookie line. Browsers drop one of a quarter of that."""

MAX_LINES: Final = 32

NAME: Final = "cs-probe-"
"""How the names of the probe's cookies begin."""

# Already over when it arrives, so no browser ever keeps one.
_ATTRIBUTES: Final = f"; Max-Age=0; Path={PATH}; HttpOnly; SameSite=Strict"
_RUN_OCTETS: Final = 16


def new_run() -> str:
    """A random name for one run of the command."""
    return os.urandom(_RUN_OCTETS).hex()


def cookie_pairs(octets: int, count: int) -> list[str]:
    """Cookies as a request carries them, of equal length, which together take so many octets.

    Args:
        octets: of all pairs, without what separates them; at least 16 for each.
        count: how many.
    """
    return [f"{NAME}{number}=".ljust(size, "v") for number, size in _sizes(octets, count)]


def set_cookie_values(octets: int, count: int) -> list[str]:
    """Values of Set-Cookie headers, each over already, which together take so many octets.

    Args:
        octets: of all values with their attributes; at least 128 for each.
        count: how many.
    """
    attributes = len(_ATTRIBUTES)
    return [
        f"{NAME}{number}=".ljust(size - attributes, "v") + _ATTRIBUTES
        for number, size in _sizes(octets, count)
    ]


def _sizes(octets: int, count: int) -> list[tuple[int, int]]:
    each, more = divmod(octets, count)
    return [(number, each + (number < more)) for number in range(count)]
