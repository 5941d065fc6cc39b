"""Our own settings: one frozen object, validated once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions import clock
from cookie_sessions.codec import DEFAULT_SECRET_NAMES, MAX_REFERRED_OCTETS, RegisteredType
from cookie_sessions.cookies import PROFILES, CookieAttributes, Profile, is_token, profile_of
from cookie_sessions.errors import ConfigurationError

if TYPE_CHECKING:
    from cookie_sessions.probe import Grant

PREFIX: Final = "COOKIE_SESSIONS_"
_MAX_AUDIENCE_OCTETS: Final = 255
_DAY: Final = 86_400
_LONGEST_WINDOW_DAYS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an application may set beside its framework's own cookie settings.

    Attributes:
        keys: where the key ring is read from: a URL (``file:PATH``, ``env:NAME``,
            ``aws-secretsmanager:NAME``, ``aws-ssm:NAME`` or ``vault:MOUNT/PATH#FIELD``), or a
            function that returns a JWK Set. Default None: the ring is made from the framework's
            secret key.
        keys_reload: seconds after which the source of the keys is asked again, or a timedelta.
            Default 300. Keep it well below the ring's propagation window.
        keys_max_age: seconds after which keys whose source fails are no longer used, and requests
            are answered 503; or a timedelta. Default None: they are used as long as the process
            lives, and events tell of it.
        reload_on_sighup: whether SIGHUP has the keys read again, beside whatever it did before.
            Default False.
        audience: a name of the application, sealed into each cookie. Give applications that share
            keys and a host different ones, so that none opens another's sessions. Default empty.
        absolute_timeout: seconds after which a session ends whatever happens, or a timedelta.
            Default None: no such end, as in Flask.
        secret_names: further keys of the session whose values are never compressed, because
            attacker-chosen text may stand inside them beside a secret.
        types: the application's own types, as :class:`~cookie_sessions.RegisteredType`.
        previous_names: former names of the cookie with the date (UTC) until which they are read.
        former_scopes: (domain, path) pairs under which the cookie used to be set; cleaned up when
            two cookies of the name arrive.
        join_by_commas: whether the server joins repeated Cookie lines by commas, as HTTP/2 front
            ends of some WSGI servers do. It lets scripts of a page write any cookie, so it can't
            be used with ``__Host-`` and ``__Secure-`` names. Default False.
        profile: the deployment in front of the application, whose limits a session keeps to: one
            or several of the names in docs/sizes.md, such as ``["nginx", "gunicorn"]``. Default
            ``"portable"``: what passes nearly everywhere.
        overflow: the store for what the cookie has no room for, as a URL such as
            ``redis://host/0`` or ``sqlite:PATH``; docs/stores.md has them all. Default None: a
            session that is too large is an error.
        overflow_octets: octets that one session may keep there. Default 262,144.
        hot: keys of the session whose values never go to the store.
        cold: keys whose values are always kept in the store.
        probe: what ``cookie-sessions doctor --new-token`` printed for the application, which then
            answers that command until the end that stands in it, at most an hour. It needs
            ``CookieSessions(app)``. Default None: there is no such endpoint.
        accept_flask_cookies_until: the date (UTC, that day included) or moment until which
            Flask's own signed cookies are read and replaced by ours, at most 60 days ahead. While
            it lasts, whoever knows the secret key can forge sessions. Default None: never read.
        flask_cookies_written_before: the moment since which no instance writes Flask's cookies;
            those signed more than five minutes later are refused. Default None.
        write: ``"sealed"``, or ``"flask"`` to write Flask's own cookies while they are accepted,
            for instances that know nothing else. Default ``"sealed"``.
        strict: raise UsageError where the session is changed after its response was made, instead
            of an event alone. Default False.
    """

    keys: str | Callable[[], str | bytes] | None = None
    keys_reload: int = 300
    keys_max_age: int | None = None
    reload_on_sighup: bool = False
    audience: str = ""
    absolute_timeout: int | None = None
    secret_names: frozenset[str] = DEFAULT_SECRET_NAMES
    types: tuple[RegisteredType, ...] = ()
    previous_names: tuple[tuple[str, float], ...] = ()
    former_scopes: tuple[tuple[str | None, str], ...] = ()
    join_by_commas: bool = False
    profile: Profile = PROFILES["portable"]
    overflow: str | None = field(default=None, repr=False)
    overflow_octets: int = MAX_REFERRED_OCTETS
    hot: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()
    probe: Grant | None = None
    accept_flask_cookies_until: float | None = None
    flask_cookies_written_before: float | None = None
    write: str = "sealed"
    strict: bool = False

    @classmethod
    def from_mapping(cls, config: Mapping[str, Any]) -> Settings:
        """Read the settings whose names begin with ``COOKIE_SESSIONS_``; others are passed over.

        Raises:
            ConfigurationError: an unknown name (the nearest known one is named) or a wrong value.
        """
        known = {PREFIX + each.name.upper(): each.name for each in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in config.items():
            if name in known:
                values[known[name]] = _CHECKS[known[name]](name, value)
            elif name.startswith(PREFIX):
                raise ConfigurationError(_unknown(name, known))
        settings = cls(**values)
        settings._check_window()
        settings._check_tiers()
        return settings

    def _check_tiers(self) -> None:
        both = sorted({*self.hot} & {*self.cold})
        if both:
            raise ConfigurationError(
                f"{PREFIX}HOT and {PREFIX}COLD both name {both[0]!r}. A value is either never in "
                f"the store or always: take it out of one of them."
            )
        if self.cold and self.overflow is None:
            raise ConfigurationError(
                f"{PREFIX}COLD names keys for the overflow store, and there is none. Set "
                f"{PREFIX}OVERFLOW to its URL."
            )

    def _check_window(self) -> None:
        if self.write == "sealed":
            return
        if self.accept_flask_cookies_until is None:
            raise ConfigurationError(
                f"{PREFIX}WRITE is 'flask', and nobody would read what is written: "
                f"{PREFIX}ACCEPT_FLASK_COOKIES_UNTIL is not set. Set it to a date at most "
                f"{_LONGEST_WINDOW_DAYS} days ahead, or write 'sealed'."
            )
        if self.flask_cookies_written_before is not None:
            raise ConfigurationError(
                f"{PREFIX}WRITE is 'flask', and {PREFIX}FLASK_COOKIES_WRITTEN_BEFORE refuses what "
                f"is written. Take the latter out of every instance, then write 'flask'."
            )


def _unknown(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
    return f"There is no setting {name}, so it would silently do nothing. {hint}"


def _wrong(name: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"The setting {name} has a value that can't be used. Give {wanted}.")


def _keys(name: str, value: Any) -> str | Callable[[], str | bytes] | None:
    if value is None or (isinstance(value, str) and value):
        return value
    # A class is called too, but what it returns is no text.
    if callable(value) and not isinstance(value, type):
        return value  # type: ignore[no-any-return]
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


def _secret_names(name: str, value: object) -> frozenset[str]:
    names = _items(name, value, "a list of session keys")
    if all(isinstance(key, str) for key in names):
        return DEFAULT_SECRET_NAMES | frozenset(names)
    raise _wrong(name, "a list of session keys")


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
    wanted = f"a date such as '2030-01-31', at most {_LONGEST_WINDOW_DAYS} days ahead"
    try:
        too_late = _beginning(value) > clock.now() + _LONGEST_WINDOW_DAYS * _DAY
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
            CookieAttributes("name", domain=domain, path=path)
    except ConfigurationError:
        raise _wrong(name, wanted) from None
    return scopes


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(name, "True or False")


def _items(name: str, value: object, wanted: str) -> tuple[Any, ...]:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(value)
    raise _wrong(name, wanted)


_CHECKS: Final = {
    "keys": _keys,
    "keys_reload": _reload,
    "keys_max_age": _seconds,
    "reload_on_sighup": _flag,
    "audience": _audience,
    "absolute_timeout": _seconds,
    "secret_names": _secret_names,
    "types": _types,
    "previous_names": _previous_names,
    "former_scopes": _former_scopes,
    "join_by_commas": _flag,
    "profile": _profile,
    "overflow": _overflow,
    "overflow_octets": _octets,
    "hot": _keys_of_session,
    "cold": _keys_of_session,
    "probe": _probe,
    "accept_flask_cookies_until": _accept_until,
    "flask_cookies_written_before": _written_before,
    "write": _write,
    "strict": _flag,
}
