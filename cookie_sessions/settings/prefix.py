"""The prefixes of cookie names that browsers guard (RFC 6265bis, section 4.1.3)."""

from __future__ import annotations

from typing import Final

from cookie_sessions.errors import ConfigurationError

COOKIE_PREFIXES: Final[dict[str | None, str]] = {
    None: "",
    "host": "__Host-",
    "secure": "__Secure-",
}


def cookie_prefix(name: str, value: object) -> str | None:
    """Which of them the cookie's name begins with.

    Raises:
        ConfigurationError: there is none of that name.
    """
    if value is None or (isinstance(value, str) and value in COOKIE_PREFIXES):
        return value
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give 'host', 'secure' or None."
    )
