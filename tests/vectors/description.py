"""Values as JSON that any language can compare; docs/format.md, section 20, has the table."""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from cookie_sessions.codec import Codec, RegisteredType

Description = dict[str, Any]

_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Money:
    """A type of an application, registered under the name ``money``."""

    cents: int
    currency: str


MONEY = RegisteredType(
    "money", Money, lambda m: [m.cents, m.currency], lambda items: Money(items[0], items[1])
)


def describe(value: Any) -> Description:
    """Describe a value so that two descriptions are equal only for the same value."""
    match value:
        case None:
            return {"type": "none"}
        case bool():
            return {"type": "bool", "value": value}
        case int():
            return {"type": "int", "value": str(value)}
        case float():
            return {"type": "float", "bits": struct.pack(">d", value).hex()}
        case bytes():
            return {"type": "bytes", "value": value.hex()}
        case Markup():
            return {"type": "markup", "value": str.__str__(value)}
        case str():
            return {"type": "str", "value": value}
        case list() | tuple():
            return {"type": type(value).__name__, "items": [describe(item) for item in value]}
        case set() | frozenset():
            items = sorted(value, key=Codec(types=[MONEY]).pack)
            return {"type": type(value).__name__, "items": [describe(item) for item in items]}
        case dict():
            pairs = [[describe(key), describe(item)] for key, item in value.items()]
            return {"type": "dict", "items": pairs}
        case Money():
            return {"type": "registered", "name": "money", "value": describe(MONEY.to_value(value))}
        case _:
            return _describe_leaf(value)


def _describe_leaf(value: Any) -> Description:
    match value:
        case dt.datetime():
            wall = value.replace(tzinfo=None).isoformat(timespec="microseconds")
            return _moment("datetime", wall, value)
        case dt.time():
            wall = value.replace(tzinfo=None).isoformat(timespec="microseconds")
            return _moment("time", wall, value)
        case dt.date():
            return {"type": "date", "value": value.isoformat()}
        case dt.timedelta():
            return {"type": "timedelta", "microseconds": str(value // _MICROSECOND)}
        case Decimal():
            return {"type": "decimal", "value": str(value)}
        case uuid.UUID():
            return {"type": "uuid", "value": str(value)}
        case _:
            raise TypeError(type(value).__name__)


def _moment(kind: str, wall: str, moment: dt.datetime | dt.time) -> Description:
    return {"type": kind, "value": wall, "fold": moment.fold, "zone": _zone(moment.tzinfo)}


def _zone(zone: dt.tzinfo | None) -> Description | None:
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo):
        return {"key": zone.key}
    assert isinstance(zone, dt.timezone)
    offset = zone.utcoffset(None) // _MICROSECOND
    generated = dt.timezone(zone.utcoffset(None)).tzname(None)
    name = zone.tzname(None)
    return {"offset": offset, "name": None if name == generated else name}
