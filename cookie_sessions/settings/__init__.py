"""Our own settings, and what their values may be."""

from cookie_sessions.settings.settings import SNAPSHOT, Settings
from cookie_sessions.settings.together import PREFIX, check_csrf

__all__ = ["PREFIX", "SNAPSHOT", "Settings", "check_csrf"]
