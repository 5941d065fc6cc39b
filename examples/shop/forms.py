"""What all forms have in common: what a refused one is told, and where they lead back to."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request

from cookie_sessions.flask import CsrfRejected

_NO_COOKIE = (
    "No cookie came with this form. If your browser blocks cookies, please allow them for this "
    "shop; then go back, reload and send it again."
)
_STALE = (
    "This form is older than your visit, or did not come from this shop. Please go back, reload "
    "and send it again."
)


def explain(error: CsrfRejected) -> CsrfRejected:
    """The refusal of a form without this session's token, in words for who sent it."""
    came = current_app.config["SESSION_COOKIE_NAME"] in request.cookies
    error.description = _STALE if came else _NO_COOKIE
    return error


def next_page(default: str) -> str:
    """The page of this shop that the form wants to return to, never one of another site.

    Browsers read a backslash as a slash and drop control characters, so an address with either
    could leave the shop while looking local; it is refused.
    """
    wanted = request.values.get("next", "")
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    if not plain or not wanted.startswith("/") or wanted.startswith("//"):
        return default
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else wanted
