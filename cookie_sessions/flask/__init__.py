"""Encrypted sessions for Flask: two lines, and everything else goes on working."""

from cookie_sessions.flask.decorators import fresh_required
from cookie_sessions.flask.extension import CookieSessions, WeakSecretKeyWarning
from cookie_sessions.flask.interface import CookieSessionInterface
from cookie_sessions.flask.session import FlaskSession

__all__ = [
    "CookieSessionInterface",
    "CookieSessions",
    "FlaskSession",
    "WeakSecretKeyWarning",
    "fresh_required",
]
