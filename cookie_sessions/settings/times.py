"""How the settings of timeouts are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.policy import Timeouts
from cookie_sessions.policy.levels import FLASK, HALF_LIFE, LEVELS, within

if TYPE_CHECKING:
    from cookie_sessions.settings.settings import Settings


def timeouts_in(settings: Settings, *, lifetime: int) -> Timeouts:
    """The timeouts that settings describe.

    Args:
        settings: our own.
        lifetime: the framework's, in seconds.
    """
    idle = settings.idle_timeout
    wanted = Timeouts(
        idle=lifetime if idle is None else idle,
        absolute=settings.absolute_timeout,
        remember=settings.remember_timeout,
        refresh=settings.refresh_after or (None if idle is None else HALF_LIFE),
        all_slide=idle is not None,
    )
    return within(settings.timeouts, wanted, lifetime=lifetime)


def timeouts_name(name: str, value: object) -> str:
    """The name of a profile of timeouts.

    Raises:
        ConfigurationError: there is none of that name.
    """
    if isinstance(value, str) and value in (FLASK, *LEVELS):
        return value
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give one of "
        f"{', '.join(repr(each) for each in (FLASK, *LEVELS))}."
    )


def refresh_part(name: str, value: object) -> float | None:
    """A part of the idle timeout.

    Raises:
        ConfigurationError: it is none.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give a part of the idle timeout "
        f"between 0 and 1, such as 0.5, or None for Flask's rule."
    )
