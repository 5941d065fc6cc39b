"""Exact sameness: ``==`` takes 1 for True, 1.0 for 1, and one time zone for another."""

from __future__ import annotations

import datetime as dt
from typing import Any


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            same(a, b) for a, b in zip(one.items(), other.items(), strict=True)
        )
    if isinstance(one, (set, frozenset)):
        return sorted(map(described, one)) == sorted(map(described, other))
    return described(one) == described(other)


def described(value: Any) -> str:
    """Describe a value so that two descriptions are equal only for the same value."""
    text = f"{type(value).__module__}.{type(value).__qualname__}:"
    if isinstance(value, (tuple, list)):
        return text + ",".join(map(described, value))
    if isinstance(value, (set, frozenset)):
        return text + ",".join(sorted(map(described, value)))
    if isinstance(value, dict):
        return text + ",".join(described(item) for item in value.items())
    if isinstance(value, (dt.datetime, dt.time)):
        zone = value.tzinfo
        return f"{text}{value!r} fold={value.fold} {type(zone)} {zone!r} {value.tzname()}"
    return text + (hex(value) if type(value) is int else ascii(value))
