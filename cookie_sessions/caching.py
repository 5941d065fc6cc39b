"""What response headers must say that a session's cookie stays out of shared caches.

Each rule is given what a header says already and returns what it is to say, or None where that is
enough. Where headers are kept is the adapter's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cookie_sessions.authorization import token_in
from cookie_sessions.cookies import octets_of

_UNPREFIXED: Final = ("CONTENT_TYPE", "CONTENT_LENGTH")
_OF_ONE_REQUEST: Final = ("HTTP_COOKIE", "HTTP_REFERER")
_WITH_COOKIES: Final = ("cookies", "*")
_SHARED: Final = ("public", "s-maxage")
"""Directives that speak to shared caches: none may keep a response with a session's cookie."""

# RFC 9110, section 5.6.1, where section 5.6.4 has commas inside quoted strings separate nothing.
_ELEMENT: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"?|[^",])+')


def vary_value(present: Sequence[str], field: str) -> str | None:
    """What Vary is to say where a response depends on a header (RFC 9110, section 12.5.5).

    Args:
        present: the values that it has already.
        field: the name of the request's header.
    """
    if not present:
        return field
    value = ", ".join(present)
    named = {field.lower(), "*"} & {token.strip() for token in value.lower().split(",")}
    return None if named else f"{value}, {field}"


def says_public(present: Iterable[str]) -> bool:
    """Whether Cache-Control lets shared caches keep a response (RFC 9111, section 5.2.2.9).

    Args:
        present: its values.
    """
    return any("public" in value.lower() for value in present)


def private_value(present: Sequence[str]) -> str:
    """What Cache-Control is to say where no shared cache may keep a response.

    That is RFC 9111, section 5.2.2.7.

    Args:
        present: the values that it has already.
    """
    if not present:
        return "private"
    directives = [each.strip() for each in _ELEMENT.findall(", ".join(present))]
    kept = [each for each in directives if each and not each.lower().startswith(_SHARED)]
    names = {each.lower() for each in kept}
    # private="a, b" covers only the named headers; Set-Cookie needs the whole response private.
    if not names & {"no-store", "private"}:
        kept.append("private")
    return ", ".join(kept)


def clear_value(present: Sequence[str], types: Iterable[str], *, keeps_cookies: bool) -> str | None:
    """What Clear-Site-Data is to say where a user leaves (W3C Clear-Site-Data, section 3.1).

    What the application has asked for itself stays as it is.

    Args:
        present: the values that it has already.
        types: of data, as the standard names them.
        keeps_cookies: whether the response sets cookies that must not go with the others.
    """
    types = [each for each in types if not (keeps_cookies and each in _WITH_COOKIES)]
    if not types or present:
        return None
    return ", ".join(f'"{each}"' for each in types)


def request_octets(environ: Mapping[str, Any]) -> int:
    """The octets of what a visitor's requests have in common, as far as WSGI shows it.

    Args:
        environ: the request's (PEP 3333).
    """
    headers = (
        (name.removeprefix("HTTP_"), value)
        for name, value in environ.items()
        if name in _UNPREFIXED or (name.startswith("HTTP_") and name not in _OF_ONE_REQUEST)
        # Our own is counted by itself, as it will be.
        if name != "HTTP_AUTHORIZATION" or token_in(value) is None
    )
    return octets_of(headers) + len("\r\n")


def response_octets(status: str, headers: Iterable[tuple[str, str]]) -> int:
    """The octets of a response's status line and headers.

    Args:
        status: code and reason, such as ``200 OK``.
        headers: those that it has.
    """
    return len(f"HTTP/1.1 {status}\r\n") + octets_of(headers) + len("\r\n")
