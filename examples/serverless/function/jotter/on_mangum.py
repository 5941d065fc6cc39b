"""The jotter as a function of AWS Lambda, by the adapters Mangum and a2wsgi."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from a2wsgi import WSGIMiddleware
from mangum import Mangum

from cookie_sessions.gateway import guarded
from jotter.application import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def adapted(app: WSGIApplication) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A handler for this application.

    Args:
        app: any WSGI application.

    Returns:
        What takes an event of API Gateway, a function URL or a load balancer, and its context.
    """
    # A sandbox answers one event at a time, and the application runs in another thread.
    asgi: Any = WSGIMiddleware(cast(Any, app), workers=1)
    return Mangum(asgi, lifespan="off")


handler = guarded(adapted, create_app(), strict=True)
