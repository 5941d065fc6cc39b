"""How long connections may rest before they are made anew."""

from __future__ import annotations

import math
from typing import Final

from cookie_sessions import clock

IDLE_SECONDS: Final = 60
"""After this a connection is not used again: firewalls forget idle ones without a word, and of a
process that was frozen nobody knows what became of the other end."""


class Idleness:
    """Whether the connections of a pool have all rested for too long.

    It goes by the clock of the package at each use, so that a process that slept needs nothing to
    have run meanwhile; one that is set back counts as a rest too. Needs no lock: two threads that
    come at once both are told, or one of them.
    """

    def __init__(self) -> None:
        self._used_at = math.inf

    def ends(self) -> bool:
        """Note a use; whether the one before it was too long ago."""
        before, self._used_at = self._used_at, clock.now()
        return before != math.inf and not 0 <= self._used_at - before < IDLE_SECONDS
