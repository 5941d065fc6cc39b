"""The applications that ``python -m benchmarks load`` has gunicorn serve, one a server.

gunicorn calls :func:`application` with the candidate's name and the shape's.
"""

from __future__ import annotations

import os
from typing import Final

from flask import Flask
from flask.sessions import SecureCookieSessionInterface, SessionInterface

from benchmarks import operations
from benchmarks.peers import DEFAULT, OURS, EmptyInterface
from benchmarks.requests import CONTROL, EMPTY
from benchmarks.shapes import one_shape
from benchmarks.stored import THEIRS, theirs
from cookie_sessions.flask import CookieSessionInterface

LISTED: Final = f"{OURS}, list in Redis"
CANDIDATES: Final = (EMPTY, DEFAULT, CONTROL, THEIRS, OURS, LISTED)
REDIS: Final = "BENCHMARKS_REDIS"
"""The variable of the environment with the URL of the Redis, for those who need it."""

NEED_REDIS: Final = frozenset({THEIRS, LISTED})


def application(candidate: str, shape: str) -> Flask:
    """The application of one candidate.

    Args:
        candidate: one of ``CANDIDATES``.
        shape: name of the shape of its sessions.
    """
    app = operations.application(_interface(candidate), one_shape(shape))
    if candidate == LISTED:
        app.config["COOKIE_SESSIONS_REVOCATIONS"] = os.environ[REDIS]
    return app


def _interface(candidate: str) -> SessionInterface:
    if candidate == EMPTY:
        return EmptyInterface()
    if candidate in (DEFAULT, CONTROL):
        return SecureCookieSessionInterface()
    if candidate == THEIRS:
        return theirs(os.environ[REDIS])
    return CookieSessionInterface()
