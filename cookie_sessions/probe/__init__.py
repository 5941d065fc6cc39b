"""The probe that ``cookie-sessions doctor`` asks: who may ask it, what goes over the line."""

from cookie_sessions.probe.endpoint import MAX_ANSWERS, Application, Endpoint, Reply
from cookie_sessions.probe.grant import LONGEST_SECONDS, Grant, end_of, new_token
from cookie_sessions.probe.wire import (
    HEADER,
    MAX_OCTETS,
    PATH,
    RUN_HEADER,
    cookie_pairs,
    new_run,
    set_cookie_values,
)

__all__ = [
    "HEADER",
    "LONGEST_SECONDS",
    "MAX_ANSWERS",
    "MAX_OCTETS",
    "PATH",
    "RUN_HEADER",
    "Application",
    "Endpoint",
    "Grant",
    "Reply",
    "cookie_pairs",
    "end_of",
    "new_run",
    "new_token",
    "set_cookie_values",
]
