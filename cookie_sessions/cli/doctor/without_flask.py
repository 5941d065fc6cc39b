"""What the doctor can learn of an application without Flask, by its sessions or their settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cookie_sessions import clock
from cookie_sessions.cli.doctor.deployment import Deployment, runs_in_function, secrets_of
from cookie_sessions.cli.doctor.named import loaded
from cookie_sessions.cli.doctor.store import examine_list, examine_values
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.asgi import SessionMiddleware
from cookie_sessions.middleware.configuration import Configuration
from cookie_sessions.settings import Settings, timeouts_in


def examine(name: str) -> Deployment:
    """Look at what a module calls its sessions.

    Args:
        name: ``module:name`` of the Sessions, of a middleware of ours, of an application of
            Starlette, FastAPI or Quart that has one, or of a mapping of settings.

    Raises:
        ConfigurationError: there is no such name, it is nothing of the kind, or a setting is wrong.
    """
    found = loaded(name, what="application")
    kind, configuration = _configuration_of(found, name)
    settings = configuration.settings
    is_store = settings.revocations is not None and not settings.revocations_are_a_snapshot
    return Deployment(
        interface=f"{kind.__module__}.{kind.__qualname__}",
        is_sealed=True,
        settings=settings,
        names_subject=settings.subject_key != Settings().subject_key,
        revocations=examine_list(settings.revocations or "") if is_store else None,
        overflow=None if settings.overflow is None else examine_values(settings.overflow),
        has_login=False,
        plain_users=(),
        cookie=configuration.cookie,
        named=(),
        timeouts=timeouts_in(settings, lifetime=configuration.lifetime),
        secrets=secrets_of(configuration.secret_key, configuration.fallbacks, settings),
        csrf="",
        has_proxy_fix=False,
        is_development=False,
        now=clock.now(),
        is_function=runs_in_function(),
        is_flask=False,
    )


def _configuration_of(found: object, name: str) -> tuple[type, Configuration]:
    sessions = _sessions_of(found)
    if sessions is not None:
        return type(sessions), sessions.configuration
    if isinstance(found, Mapping):
        return Sessions, Configuration.from_mapping(found)
    raise ConfigurationError(
        f"{name} is neither the sessions of cookie_sessions.middleware, nor an application that "
        f"has them, nor a mapping of their settings, but of the type {type(found).__name__}. Name "
        f"one of these; for Flask there is: flask sessions doctor."
    )


def _sessions_of(found: Any) -> Sessions | None:
    if isinstance(found, Sessions):
        return found
    sessions = getattr(found, "sessions", None)
    if isinstance(sessions, Sessions):
        return sessions
    # An application of Starlette or FastAPI makes its middleware when it is first called.
    for each in getattr(found, "user_middleware", ()):
        if isinstance(each.cls, type) and issubclass(each.cls, SessionMiddleware):
            made: SessionMiddleware = each.cls(found, *each.args, **each.kwargs)
            return made.sessions
    extensions = getattr(found, "extensions", None)
    if isinstance(extensions, dict):
        # Quart's, as cookie_sessions.middleware.quart enters it.
        return _sessions_of(extensions.get("cookie_sessions"))
    return None
