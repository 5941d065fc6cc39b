"""What an item of a DynamoDB table says: its value and its end."""

from __future__ import annotations

import math

from cookie_sessions import clock
from cookie_sessions.stores.dynamodb_outage import TableFailed
from cookie_sessions.stores.dynamodb_table import Answer
from cookie_sessions.stores.entry import end_second


def living(item: Answer | None) -> bytes | None:
    """The value of an item, or None where there is none or it has ended.

    Raises:
        TableFailed: something else wrote this item.
    """
    if item is None or end_of(item) <= clock.now():
        return None
    value = item.get("value", {}).get("B")
    if not isinstance(value, bytes):
        raise _not_ours()
    return value


def name_of(item: Answer) -> str:
    """The name of an item, with the store's prefix.

    Raises:
        TableFailed: something else wrote this item.
    """
    name = item.get("name", {}).get("S")
    if not isinstance(name, str):
        raise _not_ours()
    return name


def end_of(item: Answer) -> int:
    """The end of an item, in seconds since the epoch.

    Raises:
        TableFailed: something else wrote this item.
    """
    try:
        return int(item["ends"]["N"])
    except (LookupError, TypeError, ValueError):
        pass
    raise _not_ours()


def has_come(ends: float) -> bool:
    """Whether an end, rounded up to the second, is not later than the present."""
    return end_second(ends) <= clock.now()


def now() -> Answer:
    """The present, in the whole seconds in which ends are kept."""
    return number(math.floor(clock.now()))


def number(seconds: int) -> Answer:
    """Seconds as the service takes them."""
    return {"N": str(seconds)}


def _not_ours() -> TableFailed:
    return TableFailed(
        "found an item that it did not write under one of its names. Give it a prefix or a table "
        "of its own"
    )
