"""Whether sessions end by themselves."""

from __future__ import annotations

from cookie_sessions.cli.doctor.deployment import Deployment, Finding, note, ok
from cookie_sessions.cli.times import duration
from cookie_sessions.policy.levels import LEVELS
from cookie_sessions.settings import PREFIX


def idle_timeout(deployment: Deployment) -> Finding:
    """Whether a session ends soon enough that nobody uses."""
    seconds = max(deployment.timeouts.idle, deployment.timeouts.remember or 0)
    fitting = [name for name, level in LEVELS.items() if seconds <= level.idle]
    if fitting:
        return ok(
            f"A session that nobody uses ends after {duration(seconds)}, within "
            f"{fitting[-1].upper()} of NIST SP 800-63B-4."
        )
    return note(
        f"A session that nobody uses lives for {duration(seconds)}, longer than any level of NIST "
        f"SP 800-63B-4 allows. Shorten PERMANENT_SESSION_LIFETIME, set {PREFIX}IDLE_TIMEOUT, or "
        f"name a level in {PREFIX}TIMEOUTS, such as 'aal2'."
    )


def absolute_timeout(deployment: Deployment) -> Finding:
    """Whether a session that is used ends at all."""
    seconds = deployment.timeouts.absolute
    if seconds is not None:
        # Remembered ones are sessions, too.
        seconds = max(seconds, deployment.timeouts.remember or 0)
    if seconds is None:
        return note(
            f"A session that is used never ends, and so does a stolen one. "
            f"{PREFIX}ABSOLUTE_TIMEOUT sets an end, and so does a level in {PREFIX}TIMEOUTS."
        )
    fitting = [name for name, level in LEVELS.items() if seconds <= level.absolute]
    if fitting:
        return ok(
            f"A session ends {duration(seconds)} after it began, whatever happens, within "
            f"{fitting[-1].upper()} of NIST SP 800-63B-4."
        )
    return note(
        f"A session that is used lives for {duration(seconds)}, longer than any level of NIST SP "
        f"800-63B-4 allows, and so does a stolen one. Shorten {PREFIX}ABSOLUTE_TIMEOUT."
    )
