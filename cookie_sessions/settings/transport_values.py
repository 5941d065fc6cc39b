"""How the settings are read that say what else becomes of sessions than travelling in a cookie."""

from __future__ import annotations

from typing import Final

from cookie_sessions.errors import ConfigurationError

CLEARABLE: Final = (
    *("cache", "cookies", "storage", "executionContexts", "clientHints"),
    *("prefetchCache", "prerenderCache", "*"),
)
"""What a browser can be asked to clear (W3C Clear-Site-Data, section 3.1)."""


def clear_site_data(name: str, value: object) -> tuple[str, ...]:
    """Types of data, each once, in the order in which they are given.

    Raises:
        ConfigurationError: there is no such type.
    """
    # The letters of a text are no types, but nobody should have to find that out.
    types = tuple(value) if isinstance(value, list | tuple | set | frozenset) else (None,)
    if all(isinstance(each, str) and each in CLEARABLE for each in types):
        return tuple(dict.fromkeys(types))
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give a list such as ['cache', "
        f"'storage']; types are {', '.join(CLEARABLE)}."
    )
