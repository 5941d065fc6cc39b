"""The response headers that keep a session's cookie out of shared caches."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from cookie_sessions.adapters import line_limit
from cookie_sessions.caching import (
    clear_value,
    private_value,
    request_octets,
    response_octets,
    says_public,
    vary_value,
)
from cookie_sessions.cookies import LineLimit, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Response


def vary_on(response: Response, field: str) -> None:
    """Say that the response depends on a header of the request (RFC 9110, section 12.5.5).

    Args:
        response: the response.
        field: the name of the header.
    """
    if not _has(response, "vary"):
        response.headers.add("Vary", field)
        return
    present = _values(response, "vary")
    value = vary_value(present, field)
    if value is not None:
        response.headers["Vary"] = value


def is_public(response: Response) -> bool:
    """Whether the response says that shared caches may keep it (RFC 9111, section 5.2.2.9)."""
    return says_public(_values(response, "cache-control"))


def keep_private(response: Response) -> None:
    """Forbid shared caches to keep the response (RFC 9111, section 5.2.2.7)."""
    if not _has(response, "cache-control"):
        response.headers.add("Cache-Control", "private")
        return
    response.headers["Cache-Control"] = private_value(_values(response, "cache-control"))


def give_token(response: Response, text: str) -> None:
    """Give a client the session that it is to send from now on, and nobody else.

    As with tokens of RFC 6750, section 5.3, no cache may keep the response.

    Args:
        response: the response.
        text: the sealed text; empty for a session that has ended.
    """
    response.headers["Session-Token"] = text
    response.headers["Cache-Control"] = "no-store"


def clear_site_data(response: Response, types: Iterable[str], *, keeps_cookies: bool) -> None:
    """Have the browser clear what it keeps of this site (W3C Clear-Site-Data, section 3.1).

    What the application has asked for itself stays as it is.

    Args:
        response: the response.
        types: of data, as the standard names them.
        keeps_cookies: whether the response sets cookies that must not go with the others.
    """
    value = clear_value(_values(response, "clear-site-data"), types, keeps_cookies=keeps_cookies)
    if value is not None:
        response.headers.add("Clear-Site-Data", value)


def surroundings_of(environ: Mapping[str, Any], response: Response | None = None) -> Surroundings:
    """What a request and its response carry beside our cookies, as far as WSGI shows it.

    Args:
        environ: the request's.
        response: the response, or None where there is none yet.
    """
    return Surroundings(
        functools.partial(request_octets, environ),
        int if response is None else functools.partial(_response_octets, response),
        functools.partial(_line_limit, environ, response),
    )


def _response_octets(response: Response) -> int:
    return response_octets(response.status, response.headers)


def _line_limit(environ: Mapping[str, Any], response: Response | None) -> LineLimit | None:
    limit = line_limit(environ)
    if limit is None or response is None:
        return limit
    return limit._replace(others=len(_values(response, "set-cookie")))


def _has(response: Response, wanted: str) -> bool:
    for name, _ in response.headers:  # noqa: SIM110 - a generator takes longer to begin.
        if name.lower() == wanted:
            return True
    return False


def _values(response: Response, wanted: str) -> list[str]:
    # Three or four headers are passed faster than Werkzeug's look-up begins.
    return [value for name, value in response.headers if name.lower() == wanted]
