"""One key of a ring file with what the file says of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cookie_sessions.keys.key import Key


class Mark(enum.StrEnum):
    """What an operator has said of a key; its dates say the rest."""

    OPEN_ONLY = "open-only"
    """It never seals, whatever its dates."""
    REVOKED = "revoked"
    """It neither seals nor opens, and nothing that it ever sealed opens either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key with its dates, in seconds since the epoch.

    Attributes:
        kid: the key's id, 4 octets.
        key: the key; None for a revoked one whose material was destroyed.
        label: its name for people; its id in hexadecimal where the file has none.
        mark: what an operator has said of it, or None.
        created: when it was made (``iat``), or None.
        seals_from: the date from which it may seal (``nbf``); None: always.
        opens_until: the date from which it no longer opens (``exp``); None: as the lifecycle says.
        other: further members of the file's entry, kept as they came.
    """

    kid: bytes
    key: Key | None = None
    label: str = ""
    mark: Mark | None = None
    created: int | None = None
    seals_from: int | None = None
    opens_until: int | None = None
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def revoked(self) -> bool:
        """Whether the key was revoked."""
        return self.mark is Mark.REVOKED

    @property
    def may_seal(self) -> bool:
        """Whether it seals once its date has come."""
        return self.mark is None

    @property
    def begins(self) -> float:
        """When it begins to seal, to compare: always is before every date."""
        return float("-inf") if self.seals_from is None else self.seals_from
