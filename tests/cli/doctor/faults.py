"""An application in which all is well, and one fault for each check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cookie_sessions.cli.doctor.checks import (
    cookies,
    functions,
    keys,
    lists,
    requests,
    stores,
    times,
)
from cookie_sessions.cli.doctor.deployment import Deployment, Level, Secrets
from cookie_sessions.cli.doctor.store import StoreHealth
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.policy import Timeouts
from cookie_sessions.policy.binding import STANDARD
from cookie_sessions.probe import Grant
from cookie_sessions.settings import Settings

DAY: Final = 86_400
NOW: Final = 1_785_000_000.0
SETTINGS: Final[dict[str, Any]] = {
    "keys": "file:/etc/shop/keys.json",
    "accept_flask_cookies_until": 1_893_456_000.0,
    "revocations": "sqlite:list.db",
    "register": True,
    "index_key": "an index key of 32 characters or more",
    "binding": STANDARD,
    "strict": True,
    "fingerprint_header": "X-Ja4",
    "handoff_origin": "https://shop.example.org",
    "overflow": "sqlite:values.db",
    "handoff_keys": "file:/etc/shop/handoff-keys.json",
    "handoff_targets": ("https://accounts.example.com/redeem",),
}
SOUND: Final = Deployment(
    interface="cookie_sessions.flask.interface.CookieSessionInterface",
    is_sealed=True,
    settings=Settings(**SETTINGS),
    names_subject=False,
    revocations=StoreHealth("sqlite:list.db", True, "", None, ()),
    overflow=StoreHealth("sqlite:values.db", True, "", None, ()),
    has_login=True,
    plain_users=(),
    cookie=CookieAttributes("__Host-session", secure=True),
    named=(CookieAttributes("__Host-session-sudo", secure=True, samesite="Strict"),),
    timeouts=Timeouts(3_600, DAY),
    secrets=Secrets(exists=True, is_weak=False, names_subjects=False),
    csrf="ours",
    has_proxy_fix=True,
    is_development=False,
    now=NOW,
    is_function=True,
)


def with_settings(**changes: Any) -> Deployment:
    """The sound one with other settings."""
    return SOUND._replace(settings=Settings(**{**SETTINGS, **changes}))


def with_cookie(name: str = "__Host-session", **changes: Any) -> Deployment:
    """The sound one with another cookie."""
    attributes: dict[str, Any] = {"secure": True, **changes}
    return SOUND._replace(cookie=CookieAttributes(name, **attributes))


def timed(**changes: Any) -> Deployment:
    """The sound one with other timeouts."""
    return SOUND._replace(timeouts=SOUND.timeouts._replace(**changes))


def secrets(**changes: Any) -> Deployment:
    """The sound one with other secrets."""
    return SOUND._replace(secrets=SOUND.secrets._replace(**changes))


FAULTY: list[tuple[Callable[..., Any], Deployment, Level, str]] = [
    (
        lists.interface,
        SOUND._replace(is_sealed=False),
        Level.WARNING,
        "CookieSessions(app)",
    ),
    (
        lists.has_list,
        with_settings(revocations=None),
        Level.WARNING,
        "signing out takes the cookie from one browser",
    ),
    (
        lists.list_is_written,
        with_settings(revocations="snapshot:file:list"),
        Level.WARNING,
        "ends no copied cookie",
    ),
    (
        lists.list_answers,
        SOUND._replace(revocations=StoreHealth("redis:", False, "It does not answer.", None, ())),
        Level.ERROR,
        "does not answer",
    ),
    (
        lists.list_keeps,
        SOUND._replace(revocations=StoreHealth("memory:", True, "", None, ("one", "two"))),
        Level.WARNING,
        "memory:: one; two.",
    ),
    (
        lists.staleness,
        with_settings(revocations_staleness=61.0),
        Level.WARNING,
        "for up to 1 min 1 s",
    ),
    (
        lists.when_down,
        with_settings(revocations_down="accept"),
        Level.WARNING,
        "ended sessions count again",
    ),
    (
        lists.subject,
        SOUND._replace(has_login=False),
        Level.WARNING,
        "signing out ends no copy of a cookie",
    ),
    (
        lists.remember_cookies,
        SOUND._replace(plain_users=("shop.User",)),
        Level.NOTE,
        "shop.User: get_id() is that of",
    ),
    (lists.register, with_settings(register=False), Level.NOTE, "COOKIE_SESSIONS_REGISTER = True."),
    (
        stores.overflow_answers,
        SOUND._replace(overflow=StoreHealth("redis:", False, "It does not answer.", None, ())),
        Level.ERROR,
        "does not answer",
    ),
    (
        stores.overflow_keeps,
        SOUND._replace(overflow=StoreHealth("memcached:", True, "", None, ("it drops some",))),
        Level.WARNING,
        "memcached:: it drops some. A value that is lost is absent",
    ),
    (
        stores.overflow_apart,
        with_settings(overflow="sqlite:list.db"),
        Level.NOTE,
        "Name another database or table in COOKIE_SESSIONS_OVERFLOW",
    ),
    (times.idle_timeout, timed(idle=31 * DAY), Level.NOTE, "lives for 31 d, longer than any level"),
    (
        times.absolute_timeout,
        timed(absolute=None),
        Level.NOTE,
        "COOKIE_SESSIONS_ABSOLUTE_TIMEOUT sets an end",
    ),
    (
        cookies.secure,
        with_cookie("session", secure=False),
        Level.WARNING,
        "SESSION_COOKIE_SECURE = True",
    ),
    (
        cookies.host_prefix,
        with_cookie("session"),
        Level.WARNING,
        "COOKIE_SESSIONS_COOKIE_PREFIX = 'host'",
    ),
    (
        cookies.previous_names,
        with_settings(previous_names=(("session", 1893456000.0),)),
        Level.NOTE,
        "session (until 2030-01-01 00:00Z)",
    ),
    (
        cookies.join_by_commas,
        with_settings(join_by_commas=True),
        Level.NOTE,
        "COOKIE_SESSIONS_JOIN_BY_COMMAS out",
    ),
    (
        cookies.samesite,
        with_cookie(samesite="None")._replace(csrf=""),
        Level.WARNING,
        "nothing tells forged ones from others",
    ),
    (
        cookies.named_cookies,
        SOUND._replace(csrf="", named=(CookieAttributes("session-sudo", samesite="None"),)),
        Level.WARNING,
        "samesite='None'): session-sudo. Make those sessions with samesite='Strict'",
    ),
    (
        cookies.httponly,
        with_cookie(httponly=False),
        Level.WARNING,
        "SESSION_COOKIE_HTTPONLY = False out",
    ),
    (requests.csrf, SOUND._replace(csrf=""), Level.WARNING, "CookieSessions(app, csrf=True)"),
    (
        requests.binding,
        with_settings(binding=None),
        Level.NOTE,
        "COOKIE_SESSIONS_BINDING = 'standard'",
    ),
    (
        requests.proxy,
        SOUND._replace(has_proxy_fix=False),
        Level.NOTE,
        "the header X-Ja4, which any client can send",
    ),
    (
        requests.handoff,
        with_settings(handoff_targets=("http://localhost/redeem",)),
        Level.WARNING,
        "plain HTTP: http://localhost/redeem.",
    ),
    (requests.header, with_settings(header=True), Level.NOTE, "out of the logs"),
    (
        requests.probe,
        with_settings(probe=Grant(int(NOW) + 60, "0" * 64)),
        Level.WARNING,
        "COOKIE_SESSIONS_PROBE out",
    ),
    (functions.function, with_settings(strict=False), Level.NOTE, "COOKIE_SESSIONS_STRICT = True"),
    (keys.secret_key, secrets(is_weak=True), Level.WARNING, "fewer than 16 octets"),
    (keys.keys, with_settings(keys=None), Level.NOTE, "cookie-sessions keys init"),
    (keys.index_key, secrets(names_subjects=True), Level.WARNING, "give SECRET_KEY another value"),
    (
        keys.handoff_keys,
        with_settings(handoff_keys=None),
        Level.WARNING,
        "forge the other's sessions",
    ),
]
