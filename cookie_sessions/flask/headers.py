"""The response headers that keep a session's cookie out of shared caches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from werkzeug.http import parse_list_header

if TYPE_CHECKING:
    from flask import Response


_SHARED: Final = ("public", "s-maxage")
"""Directives that speak to shared caches: none may keep a response with a session's cookie."""


def vary_on_cookie(response: Response) -> None:
    """Say that the response depends on the Cookie header (RFC 9110, section 12.5.5)."""
    present = _values(response, "vary")
    if not present:
        response.headers.add("Vary", "Cookie")
        return
    value = ", ".join(present)
    if not {"cookie", "*"} & {token.strip() for token in value.lower().split(",")}:
        response.headers["Vary"] = f"{value}, Cookie"


def is_public(response: Response) -> bool:
    """Whether the response says that shared caches may keep it (RFC 9111, section 5.2.2.9)."""
    return any("public" in value.lower() for value in _values(response, "cache-control"))


def keep_private(response: Response) -> None:
    """Forbid shared caches to keep the response (RFC 9111, section 5.2.2.7)."""
    present = _values(response, "cache-control")
    if not present:
        response.headers.add("Cache-Control", "private")
        return
    directives = parse_list_header(", ".join(present))
    kept = [each for each in directives if not each.strip().lower().startswith(_SHARED)]
    names = {each.strip().lower() for each in kept}
    # private="a, b" covers only the named headers; Set-Cookie needs the whole response private.
    if not names & {"no-store", "private"}:
        kept.append("private")
    response.headers["Cache-Control"] = ", ".join(kept)


def _values(response: Response, wanted: str) -> list[str]:
    # Three or four headers are passed faster than Werkzeug's look-up begins.
    return [value for name, value in response.headers if name.lower() == wanted]
