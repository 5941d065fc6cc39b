"""One mapping with the names that Flask's configuration has, read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import from_secret_keys
from cookie_sessions.settings import COOKIE_PREFIXES, PREFIX, Settings

LIFETIME: Final = 31 * 86_400
"""Seconds for which a permanent session lives that nobody uses; Flask's default."""

_COOKIE: Final = "SESSION_COOKIE_"
_EACH_REQUEST: Final = "SESSION_REFRESH_EACH_REQUEST"
_LIFETIME: Final = "PERMANENT_SESSION_LIFETIME"
_FLASKS: Final = (
    *(f"{_COOKIE}{name}" for name in ("NAME", "DOMAIN", "PATH", "SECURE", "HTTPONLY", "SAMESITE")),
    *(f"{_COOKIE}PARTITIONED", _EACH_REQUEST),
)
_BY_ORIGIN: Final = (
    "Take it out, and have the application compare Sec-Fetch-Site and Origin with "
    'cookie_sessions.csrf.origin_verdict, as docs/middleware.md, "Forged requests", shows.'
)
_BY_HANDOFF: Final = (
    "Take it out, and hand users over by a protocol of your framework's, such as OpenID Connect, "
    "or from a Flask application under the same keys."
)
_BY_MOVING: Final = (
    "Take it out. Flask's own cookies are taken over by a Flask application, which others may "
    "follow that share its keys."
)
_OF_FLASK_ALONE: Final[Mapping[str, str]] = {
    "csrf": _BY_ORIGIN,
    "csrf_trusted_origins": _BY_ORIGIN,
    "handoff_origin": _BY_HANDOFF,
    "handoff_sources": _BY_HANDOFF,
    "handoff_targets": _BY_HANDOFF,
    "handoff_keys": _BY_HANDOFF,
    "reauthentication_view": "Take it out: visitors are answered 401 where the application does "
    "not catch ReauthenticationRequired and redirects them itself.",
    "probe": "Take it out, and measure a Flask application behind the same server and proxies.",
    "accept_flask_cookies_until": _BY_MOVING,
    "flask_cookies_written_before": _BY_MOVING,
    "write": _BY_MOVING,
}
"""Settings that only Flask's adapter can serve, and what to do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What an application's sessions are to be like.

    Attributes:
        settings: our own settings.
        secret_key: makes the key ring where the settings name none; None where they do.
        fallbacks: secrets whose cookies still open.
        cookie: name and attributes of the cookie.
        lifetime: seconds for which a permanent session lives that nobody uses.
        each_request: whether the end of a permanent session moves with each request.
    """

    settings: Settings
    cookie: CookieAttributes
    secret_key: str | bytes | None = field(default=None, repr=False)
    fallbacks: tuple[str | bytes, ...] = field(default=(), repr=False)
    lifetime: int = LIFETIME
    each_request: bool = True

    @classmethod
    def from_mapping(cls, config: Mapping[str, Any]) -> Configuration:
        """Read a configuration; names that begin with neither SESSION_ nor ours are passed over.

        Args:
            config: such as ``{"SECRET_KEY": ..., "COOKIE_SESSIONS_KEYS": ...}``. What is None
                counts as unset.

        Raises:
            ConfigurationError: an unknown name (the nearest known one is named), a wrong value, a
                setting that only Flask's adapter serves, or no key at all.
        """
        for name in config:
            if str(name).startswith("SESSION_") and name not in _FLASKS:
                raise ConfigurationError(_unknown(name, _FLASKS))
        settings = Settings.from_mapping(config)
        _refuse_what_is_flasks(settings)
        if settings.keys is None:
            _check_secrets(config.get("SECRET_KEY"), config.get("SECRET_KEY_FALLBACKS"))
        return cls(
            settings=settings,
            cookie=_cookie(config, settings),
            secret_key=config.get("SECRET_KEY") if settings.keys is None else None,
            fallbacks=tuple(config.get("SECRET_KEY_FALLBACKS") or ())
            if settings.keys is None
            else (),
            lifetime=_lifetime(config.get(_LIFETIME)),
            each_request=_flag(config, _EACH_REQUEST, default=True),
        )


def _check_secrets(secret_key: Any, fallbacks: Any) -> None:
    refusal: ConfigurationError
    try:
        if secret_key:
            from_secret_keys(secret_key, fallbacks)
            return
        refusal = ConfigurationError(
            f"There is no key, so no session can be sealed. Set SECRET_KEY to the output of "
            f"python -c 'import secrets; print(secrets.token_hex())', or {PREFIX}KEYS to where the "
            f"key ring is."
        )
    except ConfigurationError as error:
        refusal = error
    # Reporters of errors record the locals of frames: no secret is left in them.
    del secret_key, fallbacks
    raise refusal.with_traceback(None) from None


def _refuse_what_is_flasks(settings: Settings) -> None:
    for name, default in Settings._field_defaults.items():
        value = getattr(settings, name)
        if name in _OF_FLASK_ALONE and value and value != default:
            raise ConfigurationError(
                f"{PREFIX}{name.upper()} is for Flask alone, and would silently do nothing "
                f"here. {_OF_FLASK_ALONE[name]}"
            )


def _cookie(config: Mapping[str, Any], settings: Settings) -> CookieAttributes:
    prefix = COOKIE_PREFIXES[settings.cookie_prefix]
    name = _text(config, "NAME") or "session"
    if not name.lower().startswith(prefix.lower()):
        name = prefix + name
    cookie = CookieAttributes.of(
        name,
        domain=_text(config, "DOMAIN"),
        path=_text(config, "PATH") or "/",
        secure=bool(prefix) or _flag(config, f"{_COOKIE}SECURE", default=False),
        httponly=_flag(config, f"{_COOKIE}HTTPONLY", default=True),
        samesite=_text(config, "SAMESITE") or "Lax",
        partitioned=_flag(config, f"{_COOKIE}PARTITIONED", default=False),
    )
    cookie.check_prefix(settings_prefix=_COOKIE)
    return cookie


def _text(config: Mapping[str, Any], attribute: str) -> str | None:
    name = f"{_COOKIE}{attribute}"
    value = config.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _wrong(name, "a text, or None")


def _flag(config: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = config.get(name)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    raise _wrong(name, "True or False")


def _lifetime(value: object) -> int:
    if value is None:
        return LIFETIME
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _wrong(_LIFETIME, "a number of seconds, or a timedelta")


def _wrong(name: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"The setting {name} has a value that can't be used. Give {wanted}.")


def _unknown(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
    return f"There is no setting {name}, so it would silently do nothing. {hint}"
