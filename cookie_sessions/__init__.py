"""Stateless, client-side, encrypted sessions for Python web applications."""

from cookie_sessions.codec import RegisteredType
from cookie_sessions.errors import (
    ConfigurationError,
    CookieSessionsError,
    CsrfReason,
    Reason,
    ReauthenticationRequired,
    Rejected,
    SessionTooLarge,
    Unavailable,
    UsageError,
)
from cookie_sessions.events import Event, EventName

__version__ = "0.1.0"

__all__ = [
    "ConfigurationError",
    "CookieSessionsError",
    "CsrfReason",
    "Event",
    "EventName",
    "Reason",
    "ReauthenticationRequired",
    "RegisteredType",
    "Rejected",
    "SessionTooLarge",
    "Unavailable",
    "UsageError",
    "__version__",
]
