"""Every form carries a token that only this session's pages know: others can't post for it."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import abort, current_app, request, session


def token() -> str:
    """The session's form token, made when the first form of the session is shown."""
    if "csrf_token" not in session:
        session["csrf_token"] = secrets.token_hex(20)
    known: str = session["csrf_token"]
    return known


def check() -> None:
    """Refuse a POST whose token is not the session's, before any view sees it (400)."""
    if request.method != "POST":
        return
    known: str = session.get("csrf_token", "")
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        abort(
            400,
            "No cookie came with this form. If your browser blocks cookies, please allow them for "
            "this shop; then go back, reload and send it again.",
        )
    given = request.form.get("csrf_token", "")
    if not known or not hmac.compare_digest(known.encode(), given.encode("utf-8", "replace")):
        abort(400, "This form is older than your visit. Please go back, reload and send it again.")


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
