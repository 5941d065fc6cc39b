"""A call that may end in one of the package's own errors, and in no other way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cookie_sessions.errors import CookieSessionsError

T = TypeVar("T")


def attempt(call: Callable[[], T]) -> T | CookieSessionsError:
    """Give what the call returns, or the package's error; any other error escapes."""
    try:
        return call()
    except CookieSessionsError as error:
        return error
