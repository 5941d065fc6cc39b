"""What an entry may be: its name, its octets, its end. One rule for all stores."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

MAX_NAME_OCTETS: Final = 200
"""The longest name: ASCII letters, digits, ``.``, ``:``, ``_`` and ``-``."""

MAX_PREFIX_OCTETS: Final = 50
"""The longest prefix of a store; with the longest name the 250 octets of a Memcached key."""

DEFAULT_PREFIX: Final = "cookie_sessions:"
"""What stands before all names of a store, unless its URL says ``?prefix=``."""

MAX_END: Final = 2**32 - 1
"""The latest end, in seconds since the epoch: the year 2106, which every server can keep."""

_NAME: Final = re.compile(r"[A-Za-z0-9.:_-]+")


def is_name(text: str, *, max_octets: int = MAX_NAME_OCTETS) -> bool:
    """Whether a text has the form of a name.

    Args:
        text: any text.
        max_octets: the longest allowed; at least one octet is needed always.
    """
    return len(text) <= max_octets and _NAME.fullmatch(text) is not None


def checked_name(name: str) -> str:
    """The name, if it may be one.

    Raises:
        ValueError: it may not. The message does not repeat it, for a name may lead to a value.
    """
    if is_name(name):
        return name
    raise ValueError(
        f"A store was given a name that it can't keep. Names are 1 to {MAX_NAME_OCTETS} ASCII "
        f"letters, digits and the marks . : _ -"
    )


def checked_names(names: Iterable[str]) -> list[str]:
    """The names, each once, in the order of their first mention.

    Raises:
        ValueError: one of them may not be a name.
    """
    return [checked_name(name) for name in dict.fromkeys(names)]


def checked_scan(prefix: str) -> str:
    """The beginning of names to scan for, if it may be one; it may be empty.

    Raises:
        ValueError: no name begins like this.
    """
    return checked_name(prefix) if prefix else prefix


def checked_prefix(prefix: str) -> str:
    """The prefix of a store, if it may be one.

    Raises:
        ValueError: it may not.
    """
    if is_name(prefix, max_octets=MAX_PREFIX_OCTETS):
        return prefix
    raise ValueError(
        f"The prefix of a store is 1 to {MAX_PREFIX_OCTETS} ASCII letters, digits and the marks "
        f". : _ -"
    )


def checked_value(value: bytes, *, max_octets: int) -> bytes:
    """The value, if it is short enough.

    Args:
        value: the octets.
        max_octets: what the store keeps at most.

    Raises:
        ValueError: it is longer.
    """
    if len(value) <= max_octets:
        return value
    raise ValueError(
        f"A store was given a value of {len(value)} octets and keeps at most {max_octets}. "
        f"Keep it elsewhere, or in parts."
    )


def end_second(ends: float) -> int:
    """An end as it is kept: whole seconds since the epoch, rounded up, negative ones as 0.

    Args:
        ends: a moment, in seconds since the epoch.

    Raises:
        ValueError: it is later than :data:`MAX_END`, or no number.
    """
    if not ends <= MAX_END:
        raise ValueError(
            f"A store was given an end that is no moment before {MAX_END} seconds since the epoch. "
            f"Ends are moments, not durations, and not milliseconds."
        )
    return max(0, math.ceil(ends)) if ends > 0 else 0
