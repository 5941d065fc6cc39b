"""A cold process that opens its first cookie: run by its path, it prints what that took.

What it prints, a line each: seconds, the modules that were loaded, the number of threads. How it
gets its keys is its argument: ``none`` imports the libraries and stops, ``secret`` takes the
application's secret key, ``ring`` a ring in an environment variable.
"""

from __future__ import annotations

import os
import sys
import time

KEYS = sys.argv[1] if sys.argv[1:] else "none"


def main() -> None:
    """Import, open, tell."""
    start = time.perf_counter()
    import cryptography.hazmat.primitives.ciphers.aead as cryptography
    import ormsgpack
    import zstandard

    assert all((cryptography, ormsgpack, zstandard))
    if KEYS != "none":
        _open()
    seconds = time.perf_counter() - start
    # It is asked for at the end, because it may be what loads it.
    loaded = [*sys.modules]
    import threading

    sys.stdout.write(f"{seconds}\n{' '.join(loaded)}\n{threading.active_count()}\n")


def _open() -> None:
    import cookie_sessions
    from cookie_sessions.events import Events
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.policy import Timeouts
    from cookie_sessions.session import Session
    from cookie_sessions.settings import Settings

    assert cookie_sessions.__version__
    timeouts = Timeouts(idle=3600)
    if KEYS == "ring":
        # By their modules: -X importtime does not see what importlib.import_module loads.
        from cookie_sessions.keys.provider import KeyProvider
        from cookie_sessions.keys.sources.url import source_of

        ring = KeyProvider(source_of("env:SESSION_KEYS")).ring
    else:
        from cookie_sessions.keys import KeyRing, from_secret_keys

        keys = from_secret_keys(os.environ["SECRET_KEY"])

        def ring() -> KeyRing:
            return keys

    manager = SessionManager(
        settings=Settings(), ring=ring, timeouts=lambda: timeouts, events=Events()
    )
    arrival = manager.arrival(os.environ["COOKIE_HEADER"], name="session")
    session = manager.load(arrival, session_class=Session)
    assert len(session["cart"]) > 1


if __name__ == "__main__":
    main()
