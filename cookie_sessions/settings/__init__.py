"""Our own settings, and what their values may be."""

from cookie_sessions.settings.prefix import COOKIE_PREFIXES
from cookie_sessions.settings.settings import SNAPSHOT, Settings
from cookie_sessions.settings.times import timeouts_in
from cookie_sessions.settings.together import PREFIX, check_csrf

__all__ = ["COOKIE_PREFIXES", "PREFIX", "SNAPSHOT", "Settings", "check_csrf", "timeouts_in"]
