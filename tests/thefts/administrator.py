"""Ends sessions from a process of its own: python -m tests.thefts.administrator WHAT [WHICH]

WHAT is session, user, key or all. It runs in the environment of the application.
"""

from __future__ import annotations

import sys

from cookie_sessions.flask import CookieSessions
from tests.thefts.application import create_app


def main(what: str, *which: str) -> None:
    app = create_app()
    revocations = CookieSessions.revocations(app)
    match what:
        case "session":
            revocations.revoke(*which)
        case "user":
            CookieSessions.revoke_user(app, *which)
        case "key":
            revocations.revoke_key(*which)
        case "all":
            revocations.revoke_all()
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
