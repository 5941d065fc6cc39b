"""Durations and moments as people write and read them; everything inside is seconds."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

import click

_UNITS: Final = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION: Final = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_NAMES: Final = {"d": "d", "h": "h", "m": "min", "s": "s"}
_FIRST_MOMENT: Final = -62_135_596_800
_LAST_MOMENT: Final = 253_402_300_799
"""The last second of the year 9999, after which datetime has no dates; a ring's sums may have."""


def seconds(text: str | int) -> int:
    """Read a duration: ``90s``, ``15m``, ``12h``, ``31d`` or several at once, ``1d12h``.

    Raises:
        click.BadParameter: it is none.
    """
    if isinstance(text, int):
        return text
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise click.BadParameter(f"{text!r} is no duration. Write 90s, 15m, 12h or 31d.")
    numbers = zip(found.groups(), _UNITS.values(), strict=True)
    return sum(int(number) * unit for number, unit in numbers if number)


def seconds_or_none(text: str) -> int | str:
    """Read a duration as ``seconds`` does, or the word ``none``.

    Raises:
        click.BadParameter: it is neither.
    """
    return text if text == "none" else seconds(text)


def since_epoch(text: str) -> int:
    """Read a date or moment of ISO 8601, in UTC where it names no zone.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no date. Write 2030-01-31 or 2030-01-31T12:00Z (UTC)."
        ) from None
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def duration(length: float) -> str:
    """A duration for people, in at most two units: ``30 d 23 h``.

    Args:
        length: in seconds, not negative; a fraction is dropped.
    """
    if math.isinf(length):
        return "for ever"
    parts: list[str] = []
    rest = int(length)
    for unit, size in _UNITS.items():
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number} {_NAMES[unit]}")
        if len(parts) == 2 or (parts and not number):
            break
    return " ".join(parts) or "0 s"


def moment(when: float) -> str:
    """A moment for people, in UTC and to the minute; in the years 1 to 9999."""
    within = max(_FIRST_MOMENT, min(when, _LAST_MOMENT))
    return datetime.fromtimestamp(within, UTC).strftime("%Y-%m-%d %H:%MZ")


def moment_from(when: float, now: float) -> str:
    """A moment for people and how far it is from another, both in seconds since the epoch."""
    distance = int(abs(when - now))
    if not distance:
        return f"{moment(when)} (now)"
    told = duration(distance)
    return f"{moment(when)} ({f'in {told}' if when > now else f'{told} ago'})"


def iso(when: float | None) -> str | None:
    """A moment for machines, ISO 8601 in UTC; None for none, for never and after the year 9999."""
    if when is None or when > _LAST_MOMENT:
        return None
    return datetime.fromtimestamp(int(when), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
