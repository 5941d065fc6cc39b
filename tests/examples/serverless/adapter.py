"""An application of a test behind an adapter of the example and its guard, in its own thread."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from cookie_sessions.gateway import guarded
from serverless.__main__ import HANDLERS
from serverless.exchange import Answer, Event, Headers, Request
from serverless.gateway import GATEWAYS
from serverless.sandbox import Context

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def request(
    target: str = "/",
    *,
    method: str = "GET",
    headers: Headers | None = None,
    body: bytes = b"",
) -> Request:
    """A request as the front reads it."""
    path, _, query = target.partition("?")
    length = [("Content-Length", str(len(body)))] if body else []
    return Request(
        method=method,
        path=path,
        query=query,
        protocol="HTTP/1.1",
        headers=[("Host", "jotter.test"), *(headers or []), *length],
        body=body,
        address="198.51.100.7",
        port=80,
    )


class Adapted:
    """The application as a function, as the example makes one, behind any of the gateways.

    Args:
        adapter: the adapter's name.
        app: a WSGI application.
    """

    def __init__(self, adapter: str, app: Wsgi) -> None:
        self._thread = ThreadPoolExecutor(1)
        # Mangum makes an event loop where it is loaded, too.
        module = self._thread.submit(importlib.import_module, HANDLERS[adapter]).result()
        make = self._thread.submit(guarded, module.adapted, app, strict=True)
        self._handler = make.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.submit(_close_loop).result()
        self._thread.shutdown()

    def ask(self, shape: str, asked: Request) -> Answer:
        """What a client gets."""
        return GATEWAYS[shape].ask(asked, self.invoke)

    def invoke(self, event: Event) -> Any:
        """What the function returns for an event."""
        arrived = json.loads(json.dumps(event))
        result = self._thread.submit(self._handler, arrived, Context()).result()
        return json.loads(json.dumps(result))


def _close_loop() -> None:
    # Mangum leaves one open in the thread that made it.
    try:
        loop = asyncio.get_event_loop()
    except RuntimeError:
        return
    loop.close()
