"""What an application asked, in one request, to become of a session's identity."""

from __future__ import annotations

import enum
from typing import Any, Final

LONGEST_GRACE: Final = 60.0
"""Seconds for which an id that has a successor can be read at most, whatever is set."""


class Handover(enum.IntEnum):
    """How an old id ends that gets a successor; the larger one counts."""

    NONE = 0
    GRACE = 1
    """It can be read for a few seconds more."""
    AT_ONCE = 2


class Intent:
    """Collected while the request runs, carried out when the session is committed.

    Attributes:
        subject: whom the session belongs to from now on; None: it was not set in this request.
        signs_in: whether the session begins anew as that of the user.
        proved_at: when, in this request, the user proved who they are, in seconds since the epoch;
            None: they did not.
        reauthenticates: whether they are to be the one whose session it was before.
        handover: how the id ends that the session had.
        remembers: how long the session lives from now on that is remembered, in seconds; 0: it is
            not any more; None: as before.
        since: from when the session counts, in milliseconds since the epoch; 0: as before.
        label: what the register is to call the session, or None.
    """

    __slots__ = (
        "handover",
        "label",
        "proved_at",
        "reauthenticates",
        "remembers",
        "signs_in",
        "since",
        "subject",
    )

    def __init__(self) -> None:
        self.subject: Any = None
        self.signs_in = False
        self.proved_at: float | None = None
        self.reauthenticates = False
        self.handover = Handover.NONE
        self.remembers: int | None = None
        self.since = 0
        self.label: str | None = None

    def hand_over(self, how: Handover) -> None:
        """Have the session go on under a new id."""
        self.handover = max(self.handover, how)


class _Nothing(Intent):
    """Shared by all sessions of which nothing was asked, so nothing can be put into it."""

    __slots__ = ("_made",)

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, "_made"):
            raise AttributeError("what one request asks is no other's: ask for an intent first")
        super().__setattr__(name, value)


NOTHING: Final[Intent] = _Nothing()
object.__setattr__(NOTHING, "_made", True)
