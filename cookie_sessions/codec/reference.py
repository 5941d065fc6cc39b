"""A segment that stands for a value kept elsewhere; docs/format.md, section 13."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

SEED_OCTETS: Final = 32

MAX_REFERRED_OCTETS: Final = 262_144
"""The octets that one session may keep elsewhere, by default."""

_SIGN: Final = b"\xc1\x40"
_LAYOUT: Final = struct.Struct(f">2s{SEED_OCTETS}sII")

REFERENCE_OCTETS: Final = _LAYOUT.size


class Reference(NamedTuple):
    """Where a value is, and the only way to its key.

    Attributes:
        seed: 32 random octets, from which the entry's name and key are derived.
        octets: what the entry takes in the store.
        ends: until when the entry is kept, in seconds since the epoch.
    """

    seed: bytes
    octets: int
    ends: int

    def __repr__(self) -> str:
        return f"<Reference to {self.octets} octets>"

    def to_segment(self) -> bytes:
        """The reference as it stands in the payload."""
        return _LAYOUT.pack(_SIGN, *self)

    @classmethod
    def of(cls, wire: object) -> Reference | None:
        """The reference that a value in the payload is, or None where it is none."""
        if type(wire) is not bytes or len(wire) != REFERENCE_OCTETS or wire[:2] != _SIGN:
            return None
        _, seed, octets, ends = _LAYOUT.unpack(wire)
        return cls(seed, octets, ends)


def references_of(wires: Mapping[Any, object]) -> dict[Any, Reference]:
    """Which of a session's values are kept elsewhere, by key.

    Args:
        wires: the values as they stand in the payload.
    """
    return {
        key: reference
        for key, wire in wires.items()
        if (reference := Reference.of(wire)) is not None
    }
