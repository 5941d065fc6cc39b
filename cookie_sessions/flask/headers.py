"""The response headers that keep a session's cookie out of shared caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Response


def vary_on_cookie(response: Response) -> None:
    """Say that the response depends on the Cookie header (RFC 9110, section 12.5.5)."""
    if "Vary" in response.headers:
        if "*" not in response.vary:
            response.vary.add("Cookie")
    else:
        response.headers.add("Vary", "Cookie")


def is_public(response: Response) -> bool:
    """Whether the response says that shared caches may keep it (RFC 9111, section 5.2.2.9)."""
    return "Cache-Control" in response.headers and bool(response.cache_control.public)


def keep_private(response: Response) -> None:
    """Forbid shared caches to keep the response (RFC 9111, section 5.2.2.7)."""
    if "Cache-Control" not in response.headers:
        response.headers.add("Cache-Control", "private")
        return
    control = response.cache_control
    # private="a, b" covers only the named headers; Set-Cookie needs the whole response private.
    if not control.no_store and control.private is not True:
        control.public = False
        del control.s_maxage
        control.private = True
