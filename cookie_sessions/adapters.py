"""How many Set-Cookie lines a response may carry, by what an adapter leaves in the environ.

This is asked wherever a session is written, so it loads nothing unless an adapter is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cookie_sessions.cookies import LineLimit

SET_COOKIE_LINES: Final = "cookie_sessions.set_cookie_lines"
"""Where a guard says in the environ how many lines survive; None where all do."""

STRICT: Final = "cookie_sessions.refuses_cut"
"""Where a guard says in the environ whether a session that needs more lines is refused."""

KNOWN: Final[Mapping[tuple[str, str], int]] = {
    ("apig-wsgi", "alb-single"): 1,
    ("serverless-wsgi", "http"): 1,
    ("serverless-wsgi", "url"): 1,
}
"""Lines that survive, by adapter and shape of event; where nothing stands all do."""

_EVENTS: Final = {"apig_wsgi.full_event": "apig-wsgi", "serverless.event": "serverless-wsgi"}


def line_limit(environ: Mapping[str, Any]) -> LineLimit | None:
    """The limit on Set-Cookie lines that an adapter sets, or None where none is known.

    Args:
        environ: of the request, as the application gets it (PEP 3333).
    """
    if SET_COOKIE_LINES in environ:
        kept: int | None = environ[SET_COOKIE_LINES]
        return None if kept is None else LineLimit(kept, strict=environ.get(STRICT, False))
    for key in _EVENTS:
        if key in environ:
            # Only behind such an adapter is the code loaded that knows events.
            from cookie_sessions.gateway.shape import shape_of

            shape = shape_of(environ[key])
            known = None if shape is None else KNOWN.get((_EVENTS[key], shape.value))
            strict = environ.get(STRICT, False)
            return None if known is None else LineLimit(known, strict=strict)
    return None
