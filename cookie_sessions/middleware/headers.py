"""Response headers as a list of pairs, as WSGI has them, and what a session puts there."""

from __future__ import annotations

from collections.abc import Iterable

from cookie_sessions.caching import clear_value, private_value, says_public, vary_value

Headers = list[tuple[str, str]]
"""The headers of a response, each octet one character; changed in place."""


def vary_on(headers: Headers, field: str) -> None:
    """Say that the response depends on a header of the request (RFC 9110, section 12.5.5).

    Args:
        headers: the response's.
        field: the name of the request's header.
    """
    value = vary_value(_values(headers, "vary"), field)
    if value is not None:
        _set(headers, "Vary", value)


def is_public(headers: Headers) -> bool:
    """Whether shared caches may keep the response (RFC 9111, section 5.2.2.9)."""
    return says_public(_values(headers, "cache-control"))


def keep_private(headers: Headers) -> None:
    """Forbid shared caches to keep the response (RFC 9111, section 5.2.2.7)."""
    _set(headers, "Cache-Control", private_value(_values(headers, "cache-control")))


def add_cookies(headers: Headers, lines: Iterable[str]) -> None:
    """Set cookies, in a response that no shared cache may keep.

    Args:
        headers: the response's.
        lines: the values of Set-Cookie headers.
    """
    headers += [("Set-Cookie", line) for line in lines]
    keep_private(headers)


def give_token(headers: Headers, text: str) -> None:
    """Give a client the session that it is to send from now on, in a response that nobody keeps.

    Args:
        headers: the response's.
        text: the sealed text; empty for a session that has ended.
    """
    _set(headers, "Session-Token", text)
    _set(headers, "Cache-Control", "no-store")


def clear_site_data(headers: Headers, types: Iterable[str], *, keeps_cookies: bool) -> None:
    """Have the browser clear what it keeps of this site (W3C Clear-Site-Data, section 3.1).

    Args:
        headers: the response's.
        types: of data, as the standard names them.
        keeps_cookies: whether the response sets cookies that must not go with the others.
    """
    present = _values(headers, "clear-site-data")
    value = clear_value(present, types, keeps_cookies=keeps_cookies)
    if value is not None:
        headers.append(("Clear-Site-Data", value))


def _values(headers: Headers, wanted: str) -> list[str]:
    return [value for name, value in headers if name.lower() == wanted]


def _set(headers: Headers, name: str, value: str) -> None:
    """Have a header stand there once, where its first one stood."""
    wanted = name.lower()
    places = [place for place, (each, _) in enumerate(headers) if each.lower() == wanted]
    if not places:
        headers.append((name, value))
        return
    headers[places[0]] = (headers[places[0]][0], value)
    for place in reversed(places[1:]):
        del headers[place]
