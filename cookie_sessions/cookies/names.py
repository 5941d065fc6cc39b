"""Which names a cookie may have, and which of them browsers treat specially."""

from __future__ import annotations

import functools
import re
from typing import Final

from cookie_sessions.errors import ConfigurationError

HOST_PREFIX: Final = "__host-"
SECURE_PREFIX: Final = "__secure-"
HTTP_PREFIXES: Final = ("__http-", "__host-http-")
"""Names that scripts can't set: Chromium keeps such a cookie only with HttpOnly."""

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def is_token(name: str) -> bool:
    """Whether ``name`` is a token of RFC 9110, section 5.6.2, as RFC 6265 asks of a cookie's name.

    Args:
        name: the candidate.

    Returns:
        True for one or more characters, none of them a separator, a space or a control.
    """
    return _TOKEN.fullmatch(name) is not None


def is_prefixed(name: str, *prefixes: str) -> bool:
    """Whether browsers hold a cookie of this name to the rules of a prefix.

    Browsers compare prefixes without regard to case, and so does this.

    Args:
        name: the cookie's name.
        prefixes: lower-case prefixes to look for; all known ones if none is given.

    Returns:
        True if ``name`` begins with one of them.
    """
    return name.lower().startswith(prefixes or (HOST_PREFIX, SECURE_PREFIX, *HTTP_PREFIXES))


@functools.lru_cache(maxsize=64)
def check_name(name: object) -> None:
    """Refuse a name that is not a token; free for a name that was checked before.

    Args:
        name: the cookie's name.

    Raises:
        ConfigurationError: the name can't stand in a Cookie header unambiguously.
    """
    if not isinstance(name, str) or not is_token(name):
        raise ConfigurationError(
            f"The cookie name {name!r} is not a token of RFC 6265, so browsers and proxies "
            f"disagree about where it ends. Use letters, digits, '-', '_' and '.' only."
        )
