"""Times as the shop's pages say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in words and for machines."""

    words: str
    date: str
    iso: str

    @classmethod
    def of(cls, seconds: int, *, now: int) -> Moment:
        """A time in seconds since the epoch, seen from now."""
        when = datetime.fromtimestamp(seconds, UTC)
        return cls(in_words(seconds - now), f"{when.day} {when:%B %Y, %H:%M} UTC", when.isoformat())


def in_words(seconds: int) -> str:
    """A distance in time as people say it: "in 30 days", "5 minutes ago", "just now"."""
    distance = abs(seconds)
    for unit, length in _UNITS:
        if distance >= length:
            count = (distance + length // 2) // length
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "in a moment" if seconds > 0 else "just now"
