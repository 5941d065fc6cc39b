"""What a dictionary saves, as a table with a bar for each key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cookie_sessions.dictionaries.sample import Saving

_WIDTH: Final = 30
_REST: Final = "(others)"


def bars(savings: Sequence[Saving]) -> str:
    """The table; the bar is what is left of the octets, so a shorter one is better.

    Args:
        savings: those of each key.
    """
    head = ("KEY", "VALUES", "NOW", "THEN", "SAVED", "")
    rows = [head, *map(_cells, savings)]
    if len(savings) > 1:
        rows.append(_cells(_total(savings)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:5], widths[1:5], strict=True)]
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return "\n".join(lines)


def _cells(saving: Saving) -> tuple[str, ...]:
    left = saving.octets / saving.without if saving.without else 1.0
    bar = round(min(left, 1.0) * _WIDTH)
    return (
        saving.key.encode("unicode_escape").decode("ascii") or _REST,
        f"{saving.values:,}",
        f"{saving.without / saving.values:.0f}",
        f"{saving.octets / saving.values:.0f}",
        f"{1 - left:.0%}",
        "#" * bar + "." * (_WIDTH - bar),
    )


def _total(savings: Sequence[Saving]) -> Saving:
    return Saving(
        "together",
        sum(saving.values for saving in savings),
        sum(saving.without for saving in savings),
        sum(saving.octets for saving in savings),
    )
