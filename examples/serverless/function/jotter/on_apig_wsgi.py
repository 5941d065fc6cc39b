"""The jotter as a function of AWS Lambda, by the adapter apig-wsgi."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from apig_wsgi import make_lambda_handler

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
    return make_lambda_handler(app, binary_support=True)


handler = guarded(adapted, create_app(), strict=True)
