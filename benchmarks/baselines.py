"""Counts that were stored when they were last agreed to, and what has become of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

MOST: Final = 1.05
"""A count above this many times the stored one is a regression."""


class Baseline:
    """The counts of one file, by what they depend on.

    Args:
        path: the file, JSON; it need not exist.
        key: what the counts depend on here, such as the versions of Python and of libraries.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.key = key

    def read(self) -> dict[str, float] | None:
        """The stored counts; None where there are none for this key."""
        return self._all().get(self.key)

    def write(self, counts: Mapping[str, float]) -> None:
        """Store counts in the place of those of this key; others stay."""
        everything = {**self._all(), self.key: dict(counts)}
        self.path.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n", "utf-8")

    def verdict(self, name: str, count: float) -> str:
        """How many times the stored count this is, in words."""
        stored = (self.read() or {}).get(name)
        if stored is None:
            return "no baseline"
        ratio = count / stored
        return f"**{ratio:.3f}, above {MOST}**" if ratio > MOST else f"{ratio:.3f}"

    def regressions(self, counts: Mapping[str, float]) -> dict[str, float]:
        """How many times the stored count each is that is above the bound."""
        stored = self.read() or {}
        ratios = {name: count / stored[name] for name, count in counts.items() if name in stored}
        return {name: ratio for name, ratio in ratios.items() if ratio > MOST}

    def _all(self) -> dict[str, dict[str, float]]:
        if not self.path.exists():
            return {}
        stored: dict[str, dict[str, float]] = json.loads(self.path.read_text(encoding="utf-8"))
        return stored
