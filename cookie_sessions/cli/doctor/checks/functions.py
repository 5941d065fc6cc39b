"""Whether a session can be lost between an application and the gateway of its function."""

from __future__ import annotations

from cookie_sessions.cli.doctor.deployment import Deployment, Finding, note, ok
from cookie_sessions.settings import PREFIX


def function(deployment: Deployment) -> Finding | None:
    """Whether a session of several cookies may be cut without anybody being told."""
    if not (deployment.is_function and deployment.is_sealed):
        return None
    if deployment.settings.strict:
        return ok("A session that a known adapter of this function would cut is refused.")
    return note(
        f"The application runs in a function, and some adapters lose Set-Cookie lines, so that "
        f"sessions of several cookies are read back as none. Put cookie_sessions.gateway.guarded "
        f"before the adapter, ask cookie-sessions doctor --handler MODULE:NAME, and set "
        f"{PREFIX}STRICT = True."
    )
