"""The Cookie header read and the Set-Cookie line rendered, by RFC 6265 and browsers' practice."""

from cookie_sessions.cookies.attributes import LIMIT, CookieAttributes, InvalidAttribute, http_date
from cookie_sessions.cookies.names import is_prefixed, is_token
from cookie_sessions.cookies.reader import MAX_HEADER_OCTETS, MAX_VALUES, find

__all__ = [
    "LIMIT",
    "MAX_HEADER_OCTETS",
    "MAX_VALUES",
    "CookieAttributes",
    "InvalidAttribute",
    "find",
    "http_date",
    "is_prefixed",
    "is_token",
]
