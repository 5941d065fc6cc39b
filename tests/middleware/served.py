"""The applications that real servers serve in these tests."""

from __future__ import annotations

import os
from typing import Any, Final

from cookie_sessions.middleware.asgi import SessionMiddleware as AsgiMiddleware
from cookie_sessions.middleware.wsgi import SessionMiddleware as WsgiMiddleware
from tests.middleware.sites import asgi_app, wsgi_app

SECRET_VARIABLE: Final = "TESTS_MIDDLEWARE_SECRET"

_CONFIG: Final = {
    "SECRET_KEY": os.environ.get(SECRET_VARIABLE, "only for imports: long enough to be a key"),
    "COOKIE_SESSIONS_PROFILE": "no-proxy",
}


async def with_sockets(scope: Any, receive: Any, send: Any) -> None:
    """Pages as elsewhere, and two WebSockets."""
    session = scope.get("session")
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    if scope["type"] != "websocket":
        await asgi_app(scope, receive, send)
        return
    await receive()
    if scope["path"] == "/vault":
        session.require_fresh(60)
    session["visits"] = session.get("visits", 0) + 1
    await send({"type": "websocket.accept"})
    text = f"{session.get('name')}, visit {session['visits']}"
    await send({"type": "websocket.send", "text": text})
    await send({"type": "websocket.close", "code": 1000})


async def lifespan(receive: Any, send: Any) -> None:
    """Start and stop, as ASGI asks."""
    for step in ("startup", "shutdown"):
        assert (await receive())["type"] == f"lifespan.{step}"
        await send({"type": f"lifespan.{step}.complete"})


wsgi = WsgiMiddleware(wsgi_app, _CONFIG)
asgi = AsgiMiddleware(with_sockets, _CONFIG)
