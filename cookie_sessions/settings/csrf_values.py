"""How the settings of the protection against forged requests are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cookie_sessions.errors import ConfigurationError

if TYPE_CHECKING:
    from cookie_sessions.csrf import WebOrigin


def trusted_origins(name: str, value: object) -> tuple[WebOrigin, ...]:
    """Read a list of origins.

    Raises:
        ConfigurationError: it is no list, or one of them is no origin; says which one it is by its
            place.
    """
    # Only applications that trust other origins load the code for it.
    from cookie_sessions.csrf import parse_origin

    if not isinstance(value, list | tuple | set | frozenset):
        raise ConfigurationError(
            f"The setting {name} has a value that can't be used. Give a list of origins, such as "
            f"['https://admin.example.com']."
        )
    read: list[WebOrigin] = []
    for place, text in enumerate(value, 1):
        origin = parse_origin(text)
        if origin is None:
            raise ConfigurationError(
                f"The setting {name} has a value that can't be used: its entry {place} is no "
                f"origin. Give scheme, host and, where it is not the usual one, port, in ASCII "
                f"and without a path or a wildcard, such as 'https://admin.example.com:8443'."
            )
        read.append(origin)
    return tuple(read)
