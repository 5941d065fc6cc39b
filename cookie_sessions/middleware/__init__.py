"""Sealed sessions for any WSGI or ASGI application, whatever its framework."""

from cookie_sessions.middleware.sessions import Sessions

__all__ = ["Sessions"]
