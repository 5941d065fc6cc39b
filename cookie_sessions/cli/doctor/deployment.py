"""What the doctor knows of an application, and what a check says of it."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cookie_sessions.cli.doctor.store import StoreHealth
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.keys import is_weak
from cookie_sessions.policy import Timeouts
from cookie_sessions.settings import Settings

_OF_FUNCTIONS: Final = ("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API")
"""Environment variables that AWS Lambda sets, by its documentation."""


class Level(enum.StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Finding(NamedTuple):
    """What one check says.

    Attributes:
        level: how much it matters.
        text: for people: what is so, what follows, what to do.
    """

    level: Level
    text: str


class Secrets(NamedTuple):
    """What is known of an application's secrets; never what they are.

    Attributes:
        exists: whether there is a SECRET_KEY.
        is_weak: whether it, or one of its fallbacks, is too short to be a key.
        names_subjects: whether one of them is COOKIE_SESSIONS_INDEX_KEY as well.
    """

    exists: bool
    is_weak: bool
    names_subjects: bool


class Deployment(NamedTuple):
    """What is known of an application.

    Attributes:
        interface: the name of what keeps its sessions.
        is_sealed: whether that is ours.
        settings: ours.
        names_subject: whether the setting SUBJECT_KEY is its own.
        revocations: the store of its list; None where there is none, and for a snapshot.
        overflow: the store of what its cookies have no room for; None where there is none.
        has_login: whether it has a manager of Flask-Login.
        plain_users: its user classes that take get_id() from Flask-Login's UserMixin.
        cookie: the session's, as browsers get it; None where the sessions are not ours.
        named: the cookies of its further sessions.
        timeouts: those in force.
        secrets: what is known of its secrets.
        csrf: who refuses forged requests: "ours", "flask_wtf", or "" for nobody.
        has_proxy_fix: whether it believes a proxy, by Werkzeug's ProxyFix.
        is_development: whether it runs in debug mode or is being tested.
        now: when it was looked at, in seconds since the epoch.
        is_function: whether it runs in a function of AWS Lambda.
        is_flask: whether it is a Flask application; else the middleware keeps its sessions.
    """

    interface: str
    is_sealed: bool
    settings: Settings
    names_subject: bool
    revocations: StoreHealth | None
    overflow: StoreHealth | None
    has_login: bool
    plain_users: tuple[str, ...]
    cookie: CookieAttributes | None
    named: tuple[CookieAttributes, ...]
    timeouts: Timeouts
    secrets: Secrets
    csrf: str
    has_proxy_fix: bool
    is_development: bool
    now: float
    is_function: bool
    is_flask: bool = True


def ok(text: str) -> Finding:
    """What is right."""
    return Finding(Level.OK, text)


def note(text: str) -> Finding:
    """What is good to know, and may be meant."""
    return Finding(Level.NOTE, text)


def warning(text: str) -> Finding:
    """What is to be changed."""
    return Finding(Level.WARNING, text)


def runs_in_function() -> bool:
    """Whether this process runs in a function of AWS Lambda."""
    return any(name in os.environ for name in _OF_FUNCTIONS)


def secrets_of(
    secret_key: str | bytes | None, fallbacks: Iterable[str | bytes] | None, settings: Settings
) -> Secrets:
    """What is known of an application's secrets.

    Args:
        secret_key: its SECRET_KEY.
        fallbacks: its SECRET_KEY_FALLBACKS.
        settings: ours.
    """
    secrets = [_octets(each) for each in (secret_key, *(fallbacks or ())) if each]
    index_key = settings.index_key
    return Secrets(
        exists=bool(secret_key),
        is_weak=any(is_weak(each) for each in secrets),
        names_subjects=index_key is not None and _octets(index_key) in secrets,
    )


def _octets(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else secret


def plain_users(mixin: type) -> tuple[str, ...]:
    """The classes whose ``get_id`` is that of Flask-Login's UserMixin.

    A class from which others only derive to give it one is none of them.

    Args:
        mixin: UserMixin.
    """
    found = _plain(mixin.__subclasses__(), getattr(mixin, "get_id", None))
    return tuple(sorted({f"{each.__module__}.{each.__qualname__}" for each in found}))


def _plain(classes: Iterable[type], get_id: object) -> Iterator[type]:
    for each in classes:
        derived: list[type] = each.__subclasses__()
        found = list(_plain(derived, get_id))
        if getattr(each, "get_id", None) is get_id and (found or not derived):
            yield each
        yield from found
