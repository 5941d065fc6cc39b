"""How the settings of a binding are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.policy.binding import PROPERTIES, STANDARD, Verdict

MAX_POINTS: Final = 1000
"""The most that one property counts, and the most that a verdict may ask for."""

_VERDICTS: Final = tuple(str(verdict) for verdict in Verdict if verdict is not Verdict.ACCEPT)


def weights(name: str, value: object) -> tuple[tuple[str, int], ...]:
    """Read what sessions are bound to.

    Args:
        name: the setting's.
        value: "standard", or a mapping of properties to points.

    Raises:
        ConfigurationError: it is neither, or names what there is not.
    """
    if value == "standard":
        return STANDARD
    if not isinstance(value, Mapping) or not value:
        raise _wrong(name, "'standard', a dict such as {'user_agent': 60, 'network': 15}, or None")
    given = {str(key): _points(name, points) for key, points in value.items()}
    _check_known(name, given, PROPERTIES)
    return tuple((key, given[key]) for key in PROPERTIES if key in given)


def thresholds(name: str, value: object) -> tuple[tuple[Verdict, int | None], ...]:
    """Read from how many points on the verdicts hold.

    Args:
        name: the setting's.
        value: a mapping of verdicts to points, or to None for never.

    Raises:
        ConfigurationError: it is none, or names what there is not.
    """
    if not isinstance(value, Mapping):
        raise _wrong(name, "a dict such as {'anomalous': 40, 'reject': None}")
    given = {
        str(key): None if points is None else _points(name, points) for key, points in value.items()
    }
    _check_known(name, given, _VERDICTS)
    return tuple((Verdict(key), given[key]) for key in _VERDICTS if key in given)


def _points(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_POINTS:
        return value
    raise _wrong(name, f"whole numbers from 1 to {MAX_POINTS} as points")


def _check_known(name: str, given: Iterable[str], known: tuple[str, ...]) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."
            raise ConfigurationError(
                f"{name} names {key!r:.60}, and there is no such thing. {hint}"
            )


def _wrong(name: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"The setting {name} has a value that can't be used. Give {wanted}.")
