"""The Cookie header read and the Set-Cookie lines rendered, by RFC 6265 and browsers' practice."""

from cookie_sessions.cookies.attributes import LIMIT, CookieAttributes, InvalidAttribute, http_date
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
