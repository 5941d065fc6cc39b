"""How the settings are read that say what else becomes of sessions than travelling in a cookie."""

from __future__ import annotations

import re
from typing import Any, Final

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
    types: tuple[Any, ...] = (
        tuple(value) if isinstance(value, list | tuple | set | frozenset) else (None,)
    )
    if all(isinstance(each, str) and each in CLEARABLE for each in types):
        return tuple(dict.fromkeys(types))
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give a list such as ['cache', "
        f"'storage']; types are {', '.join(CLEARABLE)}."
    )


_HOST: Final = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_LOOPBACK: Final = r"(?:localhost|[a-z0-9-]+\.localhost|127\.[0-9.]+|\[::1\])"
_ORIGIN: Final = rf"(?:https://{_HOST}|http://{_LOOPBACK})(?::[1-9][0-9]{{0,4}})?"
_PATH: Final = r"/[A-Za-z0-9._~/-]*"


def handoff_origin(name: str, value: object) -> str | None:
    """An origin in the one form that all sides write it in.

    Raises:
        ConfigurationError: it is none.
    """
    if value is None or (isinstance(value, str) and _is_origin(value)):
        return value
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give the origin under which visitors "
        f"know the application, in lower case and without a path or the scheme's own port, such as "
        f"'https://shop.example.org'. http is taken for localhost alone."
    )


def handoff_urls(name: str, value: object) -> tuple[str, ...]:
    """URLs of views at other origins, one for each origin.

    Raises:
        ConfigurationError: it is no list, one of them is no URL, or two are of one origin.
    """
    urls: tuple[Any, ...] = (
        tuple(value) if isinstance(value, list | tuple | set | frozenset) else (None,)
    )
    origins: set[str] = set()
    for url in urls:
        found = re.match("https?://[^/]*", url) if isinstance(url, str) else None
        if found is None or not _is_origin(found[0]) or found[0] in origins:
            break
        if re.fullmatch(_PATH, url[found.end() :]) is None:
            break
        origins.add(found[0])
    else:
        return urls
    raise ConfigurationError(
        f"The setting {name} has a value that can't be used. Give a list of URLs without a query, "
        f"one for each origin, such as ['https://accounts.example.com/handoff/send']. http is "
        f"taken for localhost alone."
    )


def _is_origin(text: str) -> bool:
    usual = ":443" if text.startswith("https:") else ":80"
    return re.fullmatch(_ORIGIN, text) is not None and not text.endswith(usual)
