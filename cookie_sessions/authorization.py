"""The Authorization header of clients that carry their session themselves: is it ours, and what."""

from __future__ import annotations

from typing import Final

SCHEME: Final = "session"
"""The authentication scheme (RFC 9110, section 11.1), compared without regard to case."""

_BLANKS: Final = " \t"


def token_in(authorization: str) -> str | None:
    """The sealed text in an Authorization header of the scheme ``Session``.

    Args:
        authorization: the header's value, each octet one character; empty where there is none.

    Returns:
        What stands behind the scheme, without the SP and HTAB around it, whatever it is; empty
        where the client has no session yet. None where the header is of another scheme.
    """
    value = authorization.strip(_BLANKS)
    scheme, text = value[: len(SCHEME)], value[len(SCHEME) :]
    if scheme.lower() != SCHEME or (text and text[0] not in _BLANKS):
        return None
    return text.strip(_BLANKS)
