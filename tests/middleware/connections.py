"""Connections as an ASGI server makes them, for applications that are one function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.asgi import SessionMiddleware
from tests.middleware.sites import SECRET

Act = Callable[[Any, Any], Awaitable[None]]
STALE = f"session=AQ{'A' * 90}"


def ask(
    act: Act,
    *,
    sessions: Sessions | None = None,
    kind: str = "http",
    cookie: str = "",
    **scope: Any,
) -> list[dict[str, Any]]:
    """Have an application act on one connection, and give what it sent."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await act(scope["session"], send)

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    headers = [(b"cookie", line.encode()) for line in cookie.split("\n") if line]
    whole: dict[str, Any] = {"type": kind, "path": "/", "headers": headers, **scope}
    middleware = SessionMiddleware(app, sessions or Sessions({"SECRET_KEY": SECRET}))
    asyncio.run(middleware(whole, receive, send))
    assert "session" not in whole
    return sent


def values(message: dict[str, Any], name: bytes) -> list[bytes]:
    return [value for each, value in message["headers"] if each == name]


def cookie_of(message: dict[str, Any]) -> str:
    (line,) = values(message, b"set-cookie")
    return line.decode().partition(";")[0]


async def respond(send: Any, *, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status})
    await send({"type": "http.response.body", "body": b"page"})


async def write(session: Any, send: Any) -> None:
    session["a"] = session.get("a", 0) + 1
    await respond(send)


async def read(session: Any, send: Any) -> None:
    session.get("a")
    await respond(send)


def cut_off(**config: Any) -> Sessions:
    """Sessions whose keys can't be had."""

    def unreachable() -> str:
        raise TimeoutError

    return Sessions({"COOKIE_SESSIONS_KEYS": unreachable, **config})
