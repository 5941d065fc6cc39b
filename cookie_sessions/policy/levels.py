"""Named timeouts: Flask's own, and those of NIST SP 800-63B-4's assurance levels.

The figures are those of SP 800-63B-4 (2025), sections 2.1.3, 2.2.3 and 2.3.3: an overall timeout
of at most 30 days (AAL1), 24 hours (AAL2) and 12 hours (AAL3), and an inactivity timeout of at most
one hour (AAL2) and 15 minutes (AAL3). AAL1 asks for none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cookie_sessions.policy.timeouts import Timeouts

FLASK: Final = "flask"
HALF_LIFE: Final = 0.5
"""The part of the idle timeout after which an end is moved, unless it is set."""

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


class Level(NamedTuple):
    """What an assurance level allows at most, in seconds.

    Attributes:
        idle: without activity.
        absolute: in all, whatever happens.
    """

    idle: int
    absolute: int


LEVELS: Final = {
    "aal1": Level(30 * _DAY, 30 * _DAY),
    "aal2": Level(_HOUR, 24 * _HOUR),
    "aal3": Level(15 * _MINUTE, 12 * _HOUR),
}


def within(name: str, wanted: Timeouts, *, lifetime: int) -> Timeouts:
    """The timeouts in force: as they are wanted, within what a level allows.

    Args:
        name: "flask", or a level's.
        wanted: as the settings have them.
        lifetime: the framework's own, in seconds; shortens what a level allows.
    """
    level = LEVELS.get(name)
    if level is None:
        return wanted
    return Timeouts(
        idle=min(level.idle, lifetime, wanted.idle),
        absolute=min(level.absolute, wanted.absolute or level.absolute),
        remember=wanted.remember,
        refresh=wanted.refresh or HALF_LIFE,
        all_slide=True,
    )
