"""What ``flask sessions doctor`` can learn of an application without sending it a request."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from cookie_sessions import clock
from cookie_sessions.cli.doctor.deployment import (
    Deployment,
    plain_users,
    runs_in_function,
    secrets_of,
)
from cookie_sessions.cli.doctor.store import examine_list, examine_values
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.flask import CookieSessionInterface
from cookie_sessions.flask.state import AppState
from cookie_sessions.settings import COOKIE_PREFIXES, PREFIX, Settings, timeouts_in

_INNER: Final = ("app", "wsgi_app", "application", "_app", "_inner")
"""What middleware calls that which it stands before."""

_DEEPEST: Final = 32


def examine(app: Flask) -> Deployment:
    """Look at an application.

    Its keys are not read, and its stores are not opened, except to see whether they answer.

    Args:
        app: the application.

    Raises:
        ConfigurationError: a setting is wrong, or browsers would drop the cookie.
    """
    settings = Settings.from_mapping(app.config)
    is_store = settings.revocations is not None and not settings.revocations_are_a_snapshot
    # An application that uses Flask-Login has loaded it.
    login: Any = sys.modules.get("flask_login")
    mixin = login.UserMixin if login is not None and hasattr(app, "login_manager") else None
    interface = app.session_interface
    kind = type(interface)
    is_sealed = isinstance(interface, CookieSessionInterface)
    cookie = _cookie(app, interface, settings) if is_sealed else None
    return Deployment(
        interface=f"{kind.__module__}.{kind.__qualname__}",
        is_sealed=is_sealed,
        settings=settings,
        names_subject=f"{PREFIX}SUBJECT_KEY" in app.config,
        revocations=examine_list(settings.revocations or "") if is_store else None,
        overflow=None if settings.overflow is None else examine_values(settings.overflow),
        has_login=mixin is not None,
        plain_users=() if mixin is None else plain_users(mixin),
        cookie=cookie,
        named=() if cookie is None else tuple(_named(app, cookie)),
        timeouts=timeouts_in(
            settings, lifetime=int(app.permanent_session_lifetime.total_seconds())
        ),
        secrets=secrets_of(app.secret_key, app.config.get("SECRET_KEY_FALLBACKS"), settings),
        csrf=_csrf(app, settings) if is_sealed else "",
        has_proxy_fix=any(isinstance(each, ProxyFix) for each in _middleware(app)),
        is_development=app.debug or app.testing,
        now=clock.now(),
        is_function=runs_in_function(),
    )


def _cookie(app: Flask, interface: Any, settings: Settings) -> CookieAttributes:
    # The interface asks the application's manager for the prefix, and that would open the list.
    look = copy.copy(interface)
    look._prefix = lambda _app: COOKIE_PREFIXES[settings.cookie_prefix]
    cookie: CookieAttributes = look._cookie(app)
    return cookie


def _named(app: Flask, main: CookieAttributes) -> Iterator[CookieAttributes]:
    for name, each in AppState.of(app).named.items():
        samesite = each.get_cookie_samesite(app)
        yield replace(main, name=f"{main.name}-{name}", samesite=samesite)


_UNSAFE: Final = ("POST", "PUT", "PATCH", "DELETE")


def _csrf(app: Flask, settings: Settings) -> str:
    from cookie_sessions.flask.csrf import is_checked_by_flask_wtf

    if AppState.of(app).csrf if settings.csrf is None else settings.csrf:
        return "ours"
    config = app.config
    checks = config.get("WTF_CSRF_CHECK_DEFAULT", True)
    if is_checked_by_flask_wtf(app) and checks and {*_UNSAFE} <= {*config["WTF_CSRF_METHODS"]}:
        return "flask_wtf"
    return ""


def _middleware(app: Flask) -> Iterator[object]:
    """What stands before an application, outermost first, as far as it can be seen."""
    each: Any = app.wsgi_app
    for _ in range(_DEEPEST):
        yield each
        inner = (getattr(each, name, None) for name in _INNER)
        found = next((one for one in inner if callable(one) and one is not app), None)
        if found is None:
            return
        each = found
