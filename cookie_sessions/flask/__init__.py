"""Encrypted sessions for Flask: two lines, and everything else goes on working."""

from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.flask.decorators import fresh_required
from cookie_sessions.flask.extension import CookieSessions, WeakSecretKeyWarning
from cookie_sessions.flask.interface import CookieSessionInterface
from cookie_sessions.flask.session import FlaskSession

if TYPE_CHECKING:
    from cookie_sessions.flask.csrf import CsrfRejected, csrf_exempt, csrf_token

__all__ = [
    "CookieSessionInterface",
    "CookieSessions",
    "CsrfRejected",
    "FlaskSession",
    "WeakSecretKeyWarning",
    "csrf_exempt",
    "csrf_token",
    "fresh_required",
]

_OF_CSRF: Final = ("CsrfRejected", "csrf_exempt", "csrf_token")


def __getattr__(name: str) -> Any:
    # Only applications that name one of them load the code for it.
    if name in _OF_CSRF:
        from cookie_sessions.flask import csrf

        return getattr(csrf, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
