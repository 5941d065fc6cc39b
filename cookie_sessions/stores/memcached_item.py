"""What an item on a Memcached server holds: our own end, then the value."""

from __future__ import annotations

import math
import struct
from typing import Final

from cookie_sessions import clock
from cookie_sessions.stores.memcached_server import ServerFailed

_HEAD: Final = struct.Struct(">BI")
_FORMAT: Final = 1
_GONE: Final = -1
_NEVER: Final = 0
_LONGEST_RELATIVE: Final = 30 * 24 * 3600
_LATEST_ABSOLUTE: Final = 2**31 - 1
# The server counts in seconds of its own, so it may end an item up to a second early.
_SLACK: Final = 2


def item(value: bytes, end: int) -> bytes:
    """The octets of an item.

    Args:
        value: what is kept.
        end: in seconds since the epoch.
    """
    return _HEAD.pack(_FORMAT, end) + value


def living(octets: bytes | None) -> tuple[int, bytes] | None:
    """The end and the value of an item, or None where there is none or it has ended.

    Raises:
        ServerFailed: something else wrote this item.
    """
    if octets is None:
        return None
    if len(octets) < _HEAD.size or octets[0] != _FORMAT:
        raise ServerFailed(
            "found an item that it did not write under one of its names. Give it a prefix of its "
            "own (?prefix=)"
        )
    end = int(_HEAD.unpack_from(octets)[1])
    return None if has_come(end) else (end, octets[_HEAD.size :])


def has_come(end: int) -> bool:
    """Whether an end, in seconds since the epoch, is not later than the present."""
    return end <= clock.now()


def time_to_live(end: int) -> int:
    """The server's ``exptime``: seconds from now up to 30 days, a moment above, -1 for gone.

    A moment is by the server's clock, so it is later by what two clocks may differ. One that is
    too late for the server's 31 bits is left out, and our own comparison decides alone.

    Args:
        end: in seconds since the epoch.
    """
    if has_come(end):
        return _GONE
    seconds = end - math.floor(clock.now()) + _SLACK
    if seconds <= _LONGEST_RELATIVE:
        return seconds
    moment = end + clock.SKEW
    return moment if moment <= _LATEST_ABSOLUTE else _NEVER
