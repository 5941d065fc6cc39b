"""Which modules are public, and which of their names. docs/releases.md promises these."""

from __future__ import annotations

from typing import Final

MODULES: Final[dict[str, tuple[str, ...]]] = {
    "cookie_sessions": (),
    "cookie_sessions.anatomy": (),
    "cookie_sessions.codec": ("DEFAULT_SECRET_NAMES", "MAX_VALUE_OCTETS", "RegisteredType"),
    "cookie_sessions.errors": (),
    "cookie_sessions.events": (),
    "cookie_sessions.flask": (),
    "cookie_sessions.flask.handoff": ("redeem", "send", "start"),
    "cookie_sessions.flask.named": ("NamedSession",),
    "cookie_sessions.flask.signals": (),
    "cookie_sessions.gateway": (),
    "cookie_sessions.keys": (),
    "cookie_sessions.middleware": (),
    "cookie_sessions.middleware.asgi": ("SessionMiddleware",),
    "cookie_sessions.middleware.quart": ("CookieSessions",),
    "cookie_sessions.middleware.starlette": ("SessionMiddleware",),
    "cookie_sessions.middleware.wsgi": ("SessionMiddleware",),
    "cookie_sessions.observing.opentelemetry": ("OpenTelemetryMetrics",),
    "cookie_sessions.observing.prometheus": ("PrometheusMetrics",),
    "cookie_sessions.policy": (),
    "cookie_sessions.proxy": (),
    "cookie_sessions.revocation.registry": ("SignedIn",),
    "cookie_sessions.revocation.revocations": ("Revocations",),
    "cookie_sessions.session": ("Session",),
    "cookie_sessions.settings": (),
    "cookie_sessions.stores": (),
    "cookie_sessions.stores.dynamodb": ("DynamoDBStore",),
    "cookie_sessions.stores.memcached": ("MemcachedStore",),
    "cookie_sessions.stores.redis": ("RedisStore",),
    "cookie_sessions.stores.sqlite": ("SQLiteStore",),
}
"""Modules by name, each with the names that are public in it. Where there are none, these are the
names of its ``__all__``; and where that is not there, what the module itself defines without an
underscore in front."""
