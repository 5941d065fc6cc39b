"""How each setting's value is read: one function for each kind of value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from cookie_sessions import clock
from cookie_sessions.codec import DEFAULT_SECRET_NAMES, RegisteredType
from cookie_sessions.cookies import Profile, is_token, profile_of
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.intent import LONGEST_GRACE
from cookie_sessions.settings.csrf_values import trusted_origins
from cookie_sessions.settings.dictionary_values import file_path, sample_rate, sample_subjects
from cookie_sessions.settings.prefix import cookie_prefix
from cookie_sessions.settings.times import refresh_part, timeouts_name
from cookie_sessions.settings.transport_values import clear_site_data, handoff_origin, handoff_urls

if TYPE_CHECKING:
    from cookie_sessions.policy.binding import Verdict
    from cookie_sessions.probe import Grant

LONGEST_WINDOW_DAYS: Final = 60
"""How far ahead the end of the time may lie in which Flask's own cookies are taken over."""

_MAX_AUDIENCE_OCTETS: Final = 255
_DAY: Final = 86_400
_LEAST_INDEX_KEY: Final = 32


def _wrong(name: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"The setting {name} has a value that can't be used. Give {wanted}.")


def _keys(name: str, value: Any) -> str | Callable[[], str | bytes] | None:
    if value is None or (isinstance(value, str) and value):
        return value
    # A class is called too, but what it returns is no text.
    if callable(value) and not isinstance(value, type):
        return cast("Callable[[], str | bytes]", value)
    raise _wrong(
        name,
        "a URL such as 'file:/etc/app/keys.json' or 'env:SESSION_KEYS', a function that returns "
        "the keys, or None",
    )


def _audience(name: str, value: object) -> str:
    try:
        if isinstance(value, str) and len(value.encode()) <= _MAX_AUDIENCE_OCTETS:
            return value
    except UnicodeEncodeError:
        # Raised below instead: a lone surrogate has no octets to be sealed.
        pass
    raise _wrong(name, f"text of at most {_MAX_AUDIENCE_OCTETS} octets")


def _overflow(name: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise _wrong(name, "a URL such as 'redis://127.0.0.1/0' or 'sqlite:/var/lib/app.db', or None")


def _revocations(name: str, value: object) -> str | None:
    if isinstance(value, str) and value.lower().startswith("memcached:"):
        raise ConfigurationError(
            f"{name} names Memcached, which drops entries while its memory is short, and all of "
            f"them when it restarts: what was signed out would live again. Name another store."
        )
    if value is None or (isinstance(value, str) and value):
        return value
    raise _wrong(name, "a URL such as 'redis://127.0.0.1/0' or 'sqlite:/var/lib/app.db', or None")


def _number(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return math.nan


def _staleness(name: str, value: object) -> float:
    seconds = _number(value)
    if 0 <= seconds <= _DAY:
        return seconds
    raise _wrong(name, "a number of seconds, 0 or more, or a timedelta")


def _timeout(name: str, value: object) -> float:
    seconds = _number(value)
    if 0 < seconds <= LONGEST_GRACE:
        return seconds
    raise _wrong(name, f"a number of seconds above 0, at most {LONGEST_GRACE:g}")


def _grace(name: str, value: object) -> float:
    seconds = _number(value)
    if 0 <= seconds <= LONGEST_GRACE:
        return seconds
    raise _wrong(name, f"a number of seconds from 0 to {LONGEST_GRACE:g}")


def _down(name: str, value: object) -> str:
    if isinstance(value, str) and value in ("refuse", "accept"):
        return value
    raise _wrong(name, "'refuse' or 'accept'")


def _index_key(name: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) >= _LEAST_INDEX_KEY and _is_utf8(value):
        return value
    raise _wrong(
        name,
        f"at least {_LEAST_INDEX_KEY} characters, such as the output of "
        f"python -c 'import secrets; print(secrets.token_hex())'",
    )


def _is_utf8(text: str) -> bool:
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def _text(name: str, value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise _wrong(name, "a text that is not empty")


def _text_or_none(name: str, value: object) -> str | None:
    return None if value is None else _text(name, value)


def _octets(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise _wrong(name, "a positive number of octets")


def _keys_of_session(name: str, value: object) -> tuple[str, ...]:
    names = _items(name, value, "a list of session keys")
    if all(isinstance(key, str) for key in names):
        return names
    raise _wrong(name, "a list of session keys")


def _probe(name: str, value: object) -> Grant | None:
    if value is None:
        return None
    if isinstance(value, str):
        from cookie_sessions.probe import Grant

        return Grant.from_text(value, now=clock.now())
    raise _wrong(name, "what cookie-sessions doctor --new-token prints, or None")


def _binding(name: str, value: object) -> tuple[tuple[str, int], ...] | None:
    if value is None:
        return None
    # Only applications that bind their sessions load the code for it.
    from cookie_sessions.settings.binding_values import weights

    return weights(name, value)


def _binding_verdicts(name: str, value: object) -> tuple[tuple[Verdict, int | None], ...]:
    from cookie_sessions.settings.binding_values import thresholds

    return thresholds(name, value)


def _header(name: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and is_token(value)):
        return value
    raise _wrong(name, "the name of a request header such as 'X-JA4', or None")


def _profile(name: str, value: object) -> Profile:
    names = [value] if isinstance(value, str) else _items(name, value, "names of profiles")
    if not all(isinstance(each, str) for each in names):
        raise _wrong(name, "the name of a profile such as 'nginx', or a list of names")
    return profile_of(names)


def _seconds(name: str, value: object) -> int | None:
    if isinstance(value, timedelta):
        value = int(value.total_seconds())
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise _wrong(name, "a positive number of seconds, a timedelta, or None")


def _reload(name: str, value: object) -> int:
    seconds = _seconds(name, value)
    if seconds is None:
        raise _wrong(name, "a positive number of seconds, or a timedelta")
    return seconds


def _names(name: str, value: object) -> frozenset[str]:
    return frozenset(_keys_of_session(name, value))


def _secret_names(name: str, value: object) -> frozenset[str]:
    return DEFAULT_SECRET_NAMES | _names(name, value)


def _types(name: str, value: object) -> tuple[RegisteredType, ...]:
    types = _items(name, value, "a list of RegisteredType")
    if all(isinstance(entry, RegisteredType) for entry in types):
        return types
    raise _wrong(name, "a list of RegisteredType")


def _previous_names(name: str, value: object) -> tuple[tuple[str, float], ...]:
    wanted = "a dict of cookie names and dates, such as {'session': '2030-01-31'}"
    if not isinstance(value, Mapping):
        raise _wrong(name, wanted)
    read: list[tuple[str, float]] = []
    for cookie, until in value.items():
        try:
            moment = _end(until)
        except (ValueError, OverflowError):
            raise _wrong(name, wanted) from None
        if not isinstance(cookie, str) or not is_token(cookie):
            raise _wrong(name, wanted)
        read.append((cookie, moment))
    return tuple(read)


def _beginning(value: object) -> float:
    """A date (its beginning, UTC) or moment, in seconds since the epoch; ValueError for others."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    raise ValueError


def _end(value: object) -> float:
    """A moment, or the end of a date, in seconds since the epoch; ValueError for others."""
    return _beginning(value) + _DAY * _is_day(value)


def _is_day(value: object) -> bool:
    if isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
        return True
    return isinstance(value, date) and not isinstance(value, datetime)


def _accept_until(name: str, value: object) -> float | None:
    if value is None:
        return None
    example = datetime.fromtimestamp(clock.now() + 30 * _DAY, UTC).date()
    wanted = f"a date such as '{example}', at most {LONGEST_WINDOW_DAYS} days ahead"
    try:
        too_late = _beginning(value) > clock.now() + LONGEST_WINDOW_DAYS * _DAY
        until = _end(value)
    except (ValueError, OverflowError):
        raise _wrong(name, wanted) from None
    if too_late:
        raise _wrong(name, wanted)
    return until


def _written_before(name: str, value: object) -> float | None:
    wanted = "a moment such as '2030-01-31T12:00:00Z' (in UTC where it names no zone)"
    # A day would be its beginning, before all that was written on it.
    if _is_day(value):
        raise _wrong(name, wanted)
    try:
        return None if value is None else _beginning(value)
    except (ValueError, OverflowError):
        raise _wrong(name, wanted) from None


def _write(name: str, value: object) -> str:
    if isinstance(value, str) and value in ("sealed", "flask"):
        return value
    raise _wrong(name, "'sealed' or 'flask'")


def _former_scopes(name: str, value: object) -> tuple[tuple[str | None, str], ...]:
    wanted = "a list of (domain, path) pairs, such as [('example.com', '/'), (None, '/app')]"
    pairs = _items(name, value, wanted)
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise _wrong(name, wanted)
    scopes = tuple((domain, path) for domain, path in pairs)
    if not all(isinstance(d, str | None) and isinstance(p, str) for d, p in scopes):
        raise _wrong(name, wanted)
    try:
        for domain, path in scopes:
            # Only settings with former scopes load the code that knows what may be one.
            from cookie_sessions.cookies import CookieAttributes

            CookieAttributes("name", domain=domain, path=path)
    except ConfigurationError:
        raise _wrong(name, wanted) from None
    return scopes


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(name, "True or False")


def _flag_or_none(name: str, value: object) -> bool | None:
    return None if value is None else _flag(name, value)


def _items(name: str, value: object, wanted: str) -> tuple[Any, ...]:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(value)
    raise _wrong(name, wanted)


READERS: Final = {
    "keys": _keys,
    "keys_reload": _reload,
    "keys_max_age": _seconds,
    "reload_on_sighup": _flag,
    "audience": _audience,
    "timeouts": timeouts_name,
    "idle_timeout": _seconds,
    "absolute_timeout": _seconds,
    "remember_timeout": _seconds,
    "refresh_after": refresh_part,
    "secret_names": _secret_names,
    "types": _types,
    "previous_names": _previous_names,
    "former_scopes": _former_scopes,
    "join_by_commas": _flag,
    "header": _flag,
    "clear_site_data": clear_site_data,
    "profile": _profile,
    "overflow": _overflow,
    "overflow_octets": _octets,
    "hot": _keys_of_session,
    "cold": _keys_of_session,
    "dictionaries": file_path,
    "sample": file_path,
    "sample_rate": sample_rate,
    "sample_subjects": sample_subjects,
    "revocations": _revocations,
    "revocations_staleness": _staleness,
    "revocations_timeout": _timeout,
    "revocations_down": _down,
    "cookie_prefix": cookie_prefix,
    "regenerate_grace": _grace,
    "subject_key": _text,
    "pre_login": _names,
    "index_key": _index_key,
    "register": _flag,
    "snapshot_keys": _text_or_none,
    "snapshot_audience": _text,
    "unsafe_logout_keeps_copies": _flag,
    "csrf": _flag_or_none,
    "csrf_trusted_origins": trusted_origins,
    "handoff_origin": handoff_origin,
    "handoff_sources": handoff_urls,
    "handoff_targets": handoff_urls,
    "handoff_keys": _keys,
    "binding": _binding,
    "binding_verdicts": _binding_verdicts,
    "fingerprint_header": _header,
    "reauthentication_view": _text_or_none,
    "probe": _probe,
    "accept_flask_cookies_until": _accept_until,
    "flask_cookies_written_before": _written_before,
    "write": _write,
    "strict": _flag,
}
