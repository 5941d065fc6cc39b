"""What one commit moves from the cookie to the overflow store."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cookie_sessions.codec import REFERENCE_OCTETS, Codec, Wire
from cookie_sessions.cookies import Excess
from cookie_sessions.overflow import Overflow, Stowed, entry_octets


class Stowage:
    """What one commit moves to the store; nothing is stored before :meth:`store`.

    Entries that the session names already are extended at once, because a session must not outlive
    its values.

    Args:
        overflow: where it goes.
        codec: packs keys.
        wires: the session's values as they stand in the payload.
        until: when the session ends, in seconds since the epoch.
        refreshes: the session is written as it came.
        rehearsal: leave the store alone; such a stowage is never stored.

    Attributes:
        wires: the values with references in place of those that were moved.
        changed: whether they differ from what was given.

    Raises:
        Unavailable: the store does not answer.
    """

    def __init__(
        self,
        overflow: Overflow,
        codec: Codec,
        wires: Mapping[Any, Wire],
        *,
        until: int,
        refreshes: bool = False,
        rehearsal: bool = False,
    ) -> None:
        self._overflow = overflow
        self._codec = codec
        self._until = until
        self._entries: list[Stowed] = []
        extended = {} if rehearsal else overflow.extend(wires, until=until, refreshes=refreshes)
        self.wires: dict[Any, Wire] = {**wires, **extended}
        self.changed = bool(extended)

    def copy(self) -> Stowage:
        """The same as it stands now, to be changed apart from this one."""
        other = copy.copy(self)
        other.wires = dict(self.wires)
        other._entries = list(self._entries)
        return other

    def move_cold(self) -> None:
        """Move what is always kept in the store."""
        for key in self._overflow.always(self.wires):
            self._move(key)

    def lighten(self, octets: int) -> bool:
        """Move the largest values, until the cookie is shorter by some octets.

        Args:
            octets: what the cookies have to shrink by.

        Returns:
            Whether anything was moved.
        """
        before = len(self._entries)
        for key in self._overflow.candidates(self.wires):
            if octets <= 0:
                break
            # Four characters of the cookie stand for three octets.
            octets -= (entry_octets(self.wires[key]) - REFERENCE_OCTETS) * 4 // 3
            self._move(key)
        return len(self._entries) > before

    @property
    def excess(self) -> Excess | None:
        """The bound on what one session may keep in the store, where it is broken."""
        return self._overflow.excess(self.wires)

    def store(self) -> None:
        """Store what was moved, once.

        Raises:
            Unavailable: the store does not answer, or is full.
        """
        self._overflow.put(self._entries, until=self._until)
        self._entries.clear()

    def _move(self, key: Any) -> None:
        segment, entry = self._overflow.stow(self._codec, key, self.wires[key], until=self._until)
        self.wires[key] = segment
        self._entries.append(entry)
        self.changed = True
