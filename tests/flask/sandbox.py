"""One sandbox of a serverless platform: a process that answers one request at a time.

``python -m tests.flask.sandbox`` takes the configuration and then requests as lines of JSON, and
answers each with one. Between two requests it does nothing, and no thread of its own runs: so it
can be stopped for as long as a test likes. ``THREADS=none`` in its environment has every attempt to
start a thread fail, as where no more can be had.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

from flask import Flask, session

from cookie_sessions import clock
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.state import AppState
from tests.flask.world import ours, route, set_cookies

LARGE = [f"entry {number}" for number in range(600)]


def shop(**config: Any) -> Flask:
    """An application with everything that asks somebody else."""
    app = ours(PROPAGATE_EXCEPTIONS=False, **config)
    CookieSessions(app)
    route(app, lambda: session.update(_user_id="ann", _permanent=True), at="/sign-in")
    route(app, lambda: session.get("_user_id", "nobody"), at="/")
    route(app, lambda: session.setdefault("seen", []).append(1), at="/change")
    route(app, lambda: session.update(large=LARGE), at="/stow")
    route(app, lambda: session.get("large") == LARGE, at="/fetch")
    route(app, lambda: CookieSessions.revoke_user(app, "ann"), at="/revoke")
    route(app, lambda: "a page without a session", at="/plain")
    return app


def answered(app: Flask, request: dict[str, Any]) -> dict[str, Any]:
    """What a visitor with this cookie gets."""
    environ = {"HTTP_COOKIE": request["cookie"]} if request.get("cookie") else {}
    began = time.monotonic()
    response = app.test_client(use_cookies=False).get(
        request["path"], environ_overrides=environ, buffered=True
    )
    return {
        "status": response.status_code,
        "text": response.text,
        "retry_after": response.headers.get("Retry-After"),
        "cookies": [line.partition(";")[0] for line in set_cookies(response)],
        "seconds": time.monotonic() - began,
        "threads": [thread.name for thread in threading.enumerate()],
    }


def main() -> None:
    """Answer until nothing more comes."""
    if os.environ.get("THREADS") == "none":

        def start(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        threading.Thread.start = start  # type: ignore[method-assign]
    app = shop(**json.loads(sys.stdin.readline()))
    if os.environ.get("CHECKS"):
        CookieSessions.check(app)
    ahead = [0.0]
    clock.now = lambda: time.time() + sum(ahead)
    for line in sys.stdin:
        request = json.loads(line)
        ahead.append(request.get("forward", 0))
        if request.get("reload"):
            provider = AppState.of(app).provider
            assert provider is not None
            provider.reload()
        sys.stdout.write(json.dumps(answered(app, request)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
