"""Pure decisions about a session: functions of (claims, context, now)."""

from cookie_sessions.policy.timeouts import Timeouts

__all__ = ["Timeouts"]
