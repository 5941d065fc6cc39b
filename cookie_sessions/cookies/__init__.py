"""The Cookie header read and the Set-Cookie lines rendered, by RFC 6265 and browsers' practice."""

from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.cookies.budget import (
    NOTHING_SEEN,
    PROFILES,
    Excess,
    LineLimit,
    Profile,
    Surroundings,
    line_excess,
    octets_of,
    profile_of,
    request_excess,
    response_excess,
    token_excess,
)
from cookie_sessions.cookies.names import is_prefixed, is_token
from cookie_sessions.cookies.reader import MAX_HEADER_OCTETS, MAX_VALUES, find, without
from cookie_sessions.cookies.split import (
    MAX_COOKIES,
    capacity,
    chunk_names,
    head_text,
    is_split,
    join,
    split,
)

if TYPE_CHECKING:
    from cookie_sessions.cookies.attributes import (
        LIMIT,
        CookieAttributes,
        InvalidAttribute,
        http_date,
    )

__all__ = [
    "LIMIT",
    "MAX_COOKIES",
    "MAX_HEADER_OCTETS",
    "MAX_VALUES",
    "NOTHING_SEEN",
    "PROFILES",
    "CookieAttributes",
    "Excess",
    "InvalidAttribute",
    "LineLimit",
    "Profile",
    "Surroundings",
    "capacity",
    "chunk_names",
    "find",
    "head_text",
    "http_date",
    "is_prefixed",
    "is_split",
    "is_token",
    "join",
    "line_excess",
    "octets_of",
    "profile_of",
    "request_excess",
    "response_excess",
    "split",
    "token_excess",
    "without",
]

_OF_ATTRIBUTES: Final = ("LIMIT", "CookieAttributes", "InvalidAttribute", "http_date")


def __getattr__(name: str) -> Any:
    # What only reads cookies, as a cold start does first, need not wait for what sets them.
    if name in _OF_ATTRIBUTES:
        from cookie_sessions.cookies import attributes

        return getattr(attributes, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
