"""A ring in an environment variable."""

from __future__ import annotations

import os
import re
from typing import Final

from cookie_sessions.errors import ConfigurationError

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")

# Many a key has the form of a name. Few names have a key's length and letters of both cases.
_PERHAPS_A_KEY: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z]).{43}")


class EnvironmentSource:
    """A ring in an environment variable, as text of a JWK Set.

    Args:
        variable: the variable's name: letters, digits and underscores; nothing that looks like a
            key.

    Raises:
        ConfigurationError: this is not the name of a variable.
    """

    def __init__(self, variable: str) -> None:
        if not _VARIABLE.fullmatch(variable) or _PERHAPS_A_KEY.fullmatch(variable):
            raise ConfigurationError(
                "The key source names no environment variable (its text is not repeated here, as "
                "it may be a key). Give the name of a variable that holds the keys, such as "
                "env:SESSION_KEYS."
            )
        self._variable = variable

    @property
    def name(self) -> str:
        """``env:`` and the variable's name."""
        return f"env:{self._variable}"

    def __repr__(self) -> str:
        return f"<EnvironmentSource {self.name}>"

    def stamp(self) -> object:
        """The variable's text, hashed."""
        return hash(os.environ.get(self._variable))

    def read(self) -> bytes:
        """Read the variable.

        Returns:
            Its text as UTF-8.

        Raises:
            ConfigurationError: the variable is not set or empty.
        """
        text = os.environ.get(self._variable, "")
        if not text:
            raise ConfigurationError(f"{self.name}: the variable is not set, or empty. Set it.")
        return text.encode("utf-8", "surrogateescape")
