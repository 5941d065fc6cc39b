"""What docs/keys.md says of keys, as a small model that was written from the page alone."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cookie_sessions.keys import KeyEntry, KeySet

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text()
ALLOWANCE = 300


class Row(NamedTuple):
    """What the page says of a key in one state."""

    state: str
    seals: bool
    opens: bool
    opens_anew: bool
    reason: str


def section(heading: str) -> str:
    """The text of the page under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert found, f"the page has no heading {heading!r}"
    return found[1]


def table(heading: str) -> list[list[str]]:
    """The rows of the last table under a heading, without its head."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    last = max(number for number, line in enumerate(lines) if set(line) <= set("|- "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[last + 1 :]]


def _rows() -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for condition, state, seals, opens, anew in table("The table"):
        answer, _, reason = opens.partition(", ")
        rows[condition] = Row(
            state, seals == "yes", answer == "yes", anew.startswith("yes"), reason.strip("`")
        )
    return rows


ROWS = _rows()


class Ring:
    """A ring as the page has it: at any moment, who seals and what each key is.

    Args:
        keys: gives dates and marks, and nothing else.
    """

    def __init__(self, keys: KeySet) -> None:
        self.entries = keys.entries
        self.unmarked = [entry for entry in keys.entries if entry.mark is None]
        self.moments = self._moments()
        self.ends = {entry.kid: self._end(entry, keys.longest_session) for entry in self.entries}

    def edges(self) -> set[float]:
        """All moments at which the page lets something change, with and without the allowance."""
        ends = {end for end in self.ends.values() if end != math.inf}
        return {*self.moments, *ends, *(end + ALLOWANCE for end in ends)}

    def primary(self, now: float) -> KeyEntry | None:
        """The rules under "Which key seals"."""
        by_date = self._primary_by_date(now)
        if by_date is not None:
            return by_date
        begun = [entry for entry in self.unmarked if _beginning(entry) <= now]
        if begun:
            return max(begun, key=lambda entry: (self.ends[entry.kid], _beginning(entry)))
        return min(self.unmarked, key=_beginning, default=None)

    def may_seal(self, entry: KeyEntry, now: float) -> bool:
        """Whether an unmarked key may seal by its own dates."""
        ended = entry.opens_until is not None and entry.opens_until + ALLOWANCE <= now
        return _beginning(entry) <= now and not ended

    def row(self, entry: KeyEntry, now: float) -> Row:
        """The first row of the table that applies to a key."""
        applies = {
            "it is marked `revoked`": entry.mark == "revoked",
            "it is the primary by the rules above": entry is self.primary(now),
            "its end was 300 seconds ago, or earlier": self.ends[entry.kid] + ALLOWANCE <= now,
            "it has no mark, and its beginning is to come": (
                entry.mark is None and _beginning(entry) > now
            ),
            "none of these": True,
        }
        assert list(applies) == list(ROWS), "the page's conditions and this model differ"
        return next(row for condition, row in ROWS.items() if applies[condition])

    def _primary_by_date(self, now: float) -> KeyEntry | None:
        able = [entry for entry in self.unmarked if self.may_seal(entry, now)]
        return max(able, key=_beginning, default=None)

    def _end(self, entry: KeyEntry, longest_session: int | None) -> float:
        if entry.opens_until is not None:
            return entry.opens_until
        if longest_session is None or entry.mark is not None:
            return math.inf
        return self._last_moment(entry) + longest_session

    def _last_moment(self, entry: KeyEntry) -> float:
        """When a key ceases to be the primary for good: looked for from the last moment on."""
        sealed_after = math.inf
        for moment in reversed(self.moments):
            if self._primary_by_date(moment) is entry:
                return sealed_after
            sealed_after = moment
        raise AssertionError("a key without an end seals at some time")

    def _moments(self) -> list[float]:
        begun: Sequence[float] = [_beginning(entry) for entry in self.unmarked]
        ended = [
            entry.opens_until + ALLOWANCE
            for entry in self.unmarked
            if entry.opens_until is not None
        ]
        return sorted({*begun, *ended})


def _beginning(entry: KeyEntry) -> float:
    return -math.inf if entry.seals_from is None else entry.seals_from
