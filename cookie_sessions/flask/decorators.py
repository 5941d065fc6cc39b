"""Decorators for views."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import current_app

from cookie_sessions.errors import UsageError
from cookie_sessions.flask.session import PRESENT, FlaskSession

V = TypeVar("V", bound=Callable[..., Any])


def fresh_required(*, max_age: float | timedelta) -> Callable[[V], V]:
    """Let only those come to a view who have lately proved who they are.

    It stands below the route: ``@app.post("/pay")``, then ``@fresh_required(max_age=300)``.

    Args:
        max_age: how long ago it may have been: seconds, or a timedelta.

    Returns:
        The decorator. Others are answered 401, or sent to the view that is named by
        ``COOKIE_SESSIONS_REAUTHENTICATION_VIEW``.
    """

    def decorate(view: V) -> V:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            _present().require_fresh(max_age)
            return current_app.ensure_sync(view)(*args, **kwargs)

        return cast("V", guarded)

    return decorate


def _present() -> FlaskSession:
    present = PRESENT._get_current_object()
    if isinstance(present, FlaskSession):
        return present
    raise UsageError(
        f"Only a sealed session knows when its user proved who they are, and this is a "
        f"{type(present).__name__}. Put CookieSessions(app) where the application is made."
    )
