"""The claims of SECURITY.md: rows of its tables that name a test and what it would miss."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "SECURITY.md"

_ROW = re.compile(r"^\|.*\| `(tests/[\w/.]+::\w+)` \| ([\w ]+) \|$", re.MULTILINE)


class Claim(NamedTuple):
    """One row.

    Attributes:
        test: the test that shows it, as pytest calls it.
        protection: what it shows, a key of SWITCHES.
    """

    test: str
    protection: str


def claims() -> list[Claim]:
    """All of them, in order."""
    return [Claim(*row) for row in _ROW.findall(PAGE.read_text(encoding="utf-8"))]
