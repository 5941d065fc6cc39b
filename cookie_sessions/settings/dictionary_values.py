"""How the settings of dictionaries are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cookie_sessions.errors import ConfigurationError

if TYPE_CHECKING:
    from cookie_sessions.codec import Dictionaries


def file_path(name: str, value: object) -> str | None:
    """The path of a file.

    Raises:
        ConfigurationError: it is none.
    """
    if value is None or (isinstance(value, str) and value and "\0" not in value):
        return value
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give the path of a file, or None."
    )


def sample_rate(name: str, value: object) -> float:
    """A part of all sessions.

    Raises:
        ConfigurationError: it is none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1:
        return float(value)
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give the part of all sessions that is "
        f"looked at, above 0 and at most 1, such as 0.01."
    )


def sample_subjects(name: str, value: object) -> int:
    """How many people must share what is kept.

    Raises:
        ConfigurationError: it is no such number.
    """
    # Only applications that sample their sessions load the code for it.
    from cookie_sessions.dictionaries.sample import FEWEST, MOST

    if isinstance(value, int) and not isinstance(value, bool) and FEWEST <= value <= MOST:
        return value
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give a number of people from {FEWEST} "
        f"to {MOST}."
    )


def dictionaries_in(path: str | None) -> Dictionaries | None:
    """The dictionaries of the file that the settings name.

    Raises:
        ConfigurationError: it can't be read, or is no such file.
    """
    if path is None:
        return None
    # Only applications with dictionaries of their own load the code for them.
    from cookie_sessions.dictionaries.shelf import ShelfDictionaries, read_shelf

    return ShelfDictionaries(read_shelf(path))
