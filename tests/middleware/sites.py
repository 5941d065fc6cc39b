"""One small application under each adapter, and visitors with a jar of cookies each."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

import httpx
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from cookie_sessions.events import Event, Events
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.asgi import SessionMiddleware as AsgiMiddleware
from cookie_sessions.middleware.starlette import SessionMiddleware, StarletteSessions
from cookie_sessions.middleware.wsgi import ENVIRON_KEY
from cookie_sessions.middleware.wsgi import SessionMiddleware as WsgiMiddleware
from tests.middleware.pages import PAGES, stream

SECRET: Final = "the secret key of these tests: long enough"
HOST: Final = "http://shop.test"
PLAIN: Final = "text/plain; charset=utf-8"


class Site(Protocol):
    """An application, and what happens to its sessions.

    Attributes:
        told: what has happened so far.
    """

    told: list[Event]

    def visitor(self) -> Visitor:
        """Somebody with an empty jar."""
        ...

    def at_once(self, asks: Iterable[tuple[Visitor, str]]) -> list[httpx.Response]:
        """Requests of several visitors at the same time."""
        ...


class Visitor:
    """A browser as far as cookies go.

    Args:
        send: sends one request.
        cookies: its jar.
    """

    def __init__(self, send: Callable[..., httpx.Response], cookies: httpx.Cookies) -> None:
        self._send = send
        self.cookies = cookies

    def get(self, path: str = "/read", **headers: str) -> httpx.Response:
        """Ask for a page; ``user_agent="x"`` is sent as User-Agent."""
        return self._send(path, {name.replace("_", "-"): text for name, text in headers.items()})

    def text(self, path: str = "/read", **headers: str) -> str:
        """What a page says, which must be one."""
        response = self.get(path, **headers)
        assert response.status_code == 200, response.text
        return response.text

    @property
    def cookie(self) -> str:
        """Its session cookie's value."""
        return self.cookies.get("session") or ""

    def takes(self, cookie: str) -> Visitor:
        """Have nothing but this cookie."""
        self.cookies.clear()
        self.cookies.set("session", cookie, domain="shop.test")
        return self


class SyncSite:
    """A WSGI application, called in this process.

    Args:
        app: the application.
        events: those of its sessions.
    """

    def __init__(self, app: Any, events: Events) -> None:
        self._app = app
        self.told: list[Event] = []
        events.subscribe(self.told.append)

    def visitor(self) -> Visitor:
        client = httpx.Client(
            transport=httpx.WSGITransport(self._app, raise_app_exceptions=False), base_url=HOST
        )
        return Visitor(lambda path, headers: client.get(path, headers=headers), client.cookies)

    def at_once(self, asks: Iterable[tuple[Visitor, str]]) -> list[httpx.Response]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda ask: ask[0].get(ask[1]), asks))


class AsyncSite:
    """An ASGI application, called in this process, in an event loop that ends with each request.

    Args:
        app: the application.
        events: those of its sessions.
    """

    def __init__(self, app: Any, events: Events) -> None:
        self._app = app
        self.told: list[Event] = []
        self._clients: dict[int, httpx.AsyncClient] = {}
        events.subscribe(self.told.append)

    def visitor(self) -> Visitor:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=HOST)

        def send(path: str, headers: dict[str, str]) -> httpx.Response:
            return asyncio.run(client.get(path, headers=headers))

        visitor = Visitor(send, client.cookies)
        self._clients[id(visitor)] = client
        return visitor

    def at_once(self, asks: Iterable[tuple[Visitor, str]]) -> list[httpx.Response]:
        async def all_of_them() -> list[httpx.Response]:
            return await asyncio.gather(
                *(self._clients[id(visitor)].get(path) for visitor, path in asks)
            )

        return asyncio.run(all_of_them())


def flask_site(**config: Any) -> SyncSite:
    """Flask, with our interface for it."""
    from flask import Flask, session, stream_with_context
    from flask import Response as FlaskResponse

    from cookie_sessions.flask import CookieSessions

    app = Flask("site")
    app.config.update({"SECRET_KEY": SECRET, **config})
    CookieSessions(app)

    def add(path: str) -> None:
        app.add_url_rule(path, endpoint=path, view_func=lambda: str(PAGES[path](session)))

    for path in PAGES:
        add(path)

    @app.get("/stream")
    def streamed() -> FlaskResponse:
        return FlaskResponse(stream_with_context(stream(session)))

    @app.get("/public")
    def public() -> FlaskResponse:
        return FlaskResponse("public", headers={"Cache-Control": "public, max-age=60"})

    CookieSessions.check(app)
    return SyncSite(app.wsgi_app, CookieSessions.events(app))


def wsgi_app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """An application without a framework, whose errors become a page of its own."""
    session = environ[ENVIRON_KEY]
    path = environ["PATH_INFO"]
    if path == "/stream":
        start_response("200 OK", [("Content-Type", PLAIN)])
        return (part.encode() for part in stream(session))
    headers = [("Content-Type", PLAIN)]
    if path == "/public":
        start_response("200 OK", [*headers, ("Cache-Control", "public, max-age=60")])
        return [b"public"]
    if path in ("/pay", "/read", "/append", "/name", "/destroy", "/others"):
        # Errors of the session that it does not know are let out.
        text = str(PAGES[path](session))
        start_response("200 OK", headers)
        return [text.encode()]
    try:
        text = str(PAGES[path](session))
        start_response("200 OK", headers)
    except Exception:  # noqa: BLE001 - it becomes a page.
        exc_info: Any = sys.exc_info()
        start_response("500 Internal Server Error", headers, exc_info)
        return [b"error page"]
    return [text.encode()]


def wsgi_site(**config: Any) -> SyncSite:
    """No framework, under WSGI."""
    sessions = Sessions({"SECRET_KEY": SECRET, **config})
    return SyncSite(WsgiMiddleware(wsgi_app, sessions), sessions.events)


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """An application without a framework, whose errors are its server's to deal with."""
    session, path = scope["session"], scope["path"]
    headers = [(b"content-type", PLAIN.encode())]
    if path == "/public":
        headers.append((b"cache-control", b"public, max-age=60"))
    if path == "/stream":
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for part in stream(session):
            await send({"type": "http.response.body", "body": part.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    text = "public" if path == "/public" else str(PAGES[path](session))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})


def asgi_site(**config: Any) -> AsyncSite:
    """No framework, under ASGI."""
    sessions = Sessions({"SECRET_KEY": SECRET, **config})
    return AsyncSite(AsgiMiddleware(asgi_app, sessions), sessions.events)


def starlette_site(**config: Any) -> AsyncSite:
    """Starlette, with our drop-in; without a max_age its sessions are permanent when asked to."""
    sessions = StarletteSessions(
        SECRET, max_age=None, config={"SESSION_REFRESH_EACH_REQUEST": True, **config}
    )

    def view(path: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            held = None if path == "/" else request.session
            return PlainTextResponse(str(PAGES[path](held)))

        return page

    async def streamed(request: Request) -> Response:
        return StreamingResponse(stream(request.scope["session"]), media_type="text/plain")

    async def public(_request: Request) -> Response:
        return PlainTextResponse("public", headers={"Cache-Control": "public, max-age=60"})

    app = Starlette(
        routes=[
            *(Route(path, view(path)) for path in PAGES),
            Route("/stream", streamed),
            Route("/public", public),
        ],
        middleware=[Middleware(SessionMiddleware, sessions=sessions)],
    )
    return AsyncSite(app, sessions.events)


def fastapi_site(**config: Any) -> AsyncSite:
    """FastAPI, with the middleware for any ASGI application; its views run in threads."""
    sessions = Sessions({"SECRET_KEY": SECRET, **config})
    app = FastAPI()
    app.add_middleware(AsgiMiddleware, config=sessions)

    def add(path: str) -> None:
        def page(request: Request) -> str:
            held = None if path == "/" else request.session
            return str(PAGES[path](held))

        app.get(path, response_class=PlainTextResponse)(page)

    for path in PAGES:
        add(path)

    @app.get("/stream")
    def streamed(request: Request) -> Response:
        return StreamingResponse(stream(request.session), media_type="text/plain")

    @app.get("/public")
    def public() -> Response:
        return PlainTextResponse("public", headers={"Cache-Control": "public, max-age=60"})

    return AsyncSite(app, sessions.events)


def quart_site(**config: Any) -> AsyncSite:
    """Quart, with our interface for it."""
    from quart import Quart, session, stream_with_context
    from quart import Response as QuartResponse

    from cookie_sessions.middleware.quart import CookieSessions

    app = Quart("site")
    app.config.update({"SECRET_KEY": SECRET, **config})
    sessions = CookieSessions(app).sessions

    def add(path: str) -> None:
        async def page() -> str:
            return str(PAGES[path](session))

        app.add_url_rule(path, endpoint=path, view_func=page)

    for path in PAGES:
        add(path)

    @app.get("/stream")
    async def streamed() -> Any:
        @stream_with_context
        async def parts() -> Any:
            for part in stream(session):
                yield part

        return parts()

    @app.get("/public")
    async def public() -> QuartResponse:
        return QuartResponse("public", headers={"Cache-Control": "public, max-age=60"})

    return AsyncSite(app, sessions.events)


SITES: Final[dict[str, Callable[..., Site]]] = {
    "flask": flask_site,
    "wsgi": wsgi_site,
    "asgi": asgi_site,
    "starlette": starlette_site,
    "fastapi": fastapi_site,
    "quart": quart_site,
}
"""By the name of the framework, or of the protocol where there is none."""
