"""The numbers of MessagePack extensions in format v1: append-only, each used for one thing.

An extension with octets behind it is a leaf. One without octets is a marker: it stands first in
a list and says what the rest of the list is. No leaf is ever empty, so the two can't be confused.
"""

from __future__ import annotations

from typing import Final

from ormsgpack import Ext

BIG_INT: Final = 1
SURROGATES: Final = 2
DATETIME: Final = 3
DATETIME_UTC: Final = 4
DATETIME_OFFSET: Final = 5
DATETIME_ZONE: Final = 6
DATE: Final = 7
TIME: Final = 8
TIME_OFFSET: Final = 9
TIME_ZONE: Final = 10
TIMEDELTA: Final = 11
DECIMAL: Final = 12
UUID: Final = 13

HEX: Final = 32
BASE64URL: Final = 33
UUID_TEXT: Final = 34

TUPLE: Final = 64
SET: Final = 65
FROZENSET: Final = 66
DICT: Final = 67
MARKUP: Final = 68
JWT: Final = 69
REGISTERED: Final = 70
TABLE: Final = 71
HUNDREDTHS: Final = 72
STEPS: Final = 73

MARKERS: Final = {tag: Ext(tag, b"") for tag in range(TUPLE, STEPS + 1)}
MARKER_SIGN: Final = b"\xc7\x00"
"""How every marker begins in MessagePack; without it, octets hold no marker."""
