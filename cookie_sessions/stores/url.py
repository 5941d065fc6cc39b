"""The store that a URL names."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final
from urllib.parse import parse_qsl

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.entry import DEFAULT_PREFIX, checked_prefix
from cookie_sessions.stores.memory import MemoryStore
from cookie_sessions.stores.store import ExpiringStore
from cookie_sessions.stores.time_out import checked_timeout

_REDIS: Final = ("cookie_sessions.stores.redis", "RedisStore")
_OF_URLS: Final[Mapping[str, tuple[str, str]]] = {
    "redis": _REDIS,
    "rediss": _REDIS,
    "unix": _REDIS,
    "redis+cluster": _REDIS,
    "rediss+cluster": _REDIS,
    "redis+sentinel": _REDIS,
    "rediss+sentinel": _REDIS,
    "memcached": ("cookie_sessions.stores.memcached", "MemcachedStore"),
    "dynamodb": ("cookie_sessions.stores.dynamodb", "DynamoDBStore"),
}
"""Classes that read the URL themselves, by its scheme; imported when one is named."""

_LIMITS: Final = ("max_entries", "max_total_octets")


def store_from_url(url: str, *, timeout: float | None = None) -> ExpiringStore:
    """Make the store that a setting names. Nothing is connected or opened yet.

    Args:
        url: ``memory:``, ``sqlite:PATH`` (taken as it stands up to a question mark), a URL of
            Redis, ``memcached://host:port,host:port`` or ``dynamodb:TABLE``; each may end with
            ``?prefix=``, what is put before all names (default ``cookie_sessions:``).
            docs/stores.md lists forms and options.
        timeout: seconds that one call may wait for a server that does not answer, above 0 and at
            most 60; None for what each store waits by itself, which is up to a few seconds. With
            SQLite it bounds reads and the opening of the file; writes wait 2 seconds at least.

    Returns:
        The store. Each call makes another one; those of ``memory:`` share nothing.

    Raises:
        ConfigurationError: the URL is of no known form, the time-out is none, or the client of the
            server is not installed. The message says what to write or to install, and never shows
            the URL.
    """
    refusal: ConfigurationError
    try:
        return _made(url, checked_timeout(timeout))
    except ConfigurationError as error:
        refusal = error.with_traceback(None)
    # Reporters of errors record what frames hold, and a URL may hold a password.
    del url
    raise refusal


def _made(url: str, timeout: float | None) -> ExpiringStore:
    address, _, query = url.partition("?")
    scheme, separator, rest = address.partition(":")
    scheme = scheme.lower()
    if separator and scheme in _OF_URLS:
        module, name = _OF_URLS[scheme]
        store: ExpiringStore = getattr(import_module(module), name)(url, timeout=timeout)
        return store
    if separator and scheme == "memory":
        return _memory(rest, query)
    if separator and scheme == "sqlite":
        return _sqlite(rest, query, timeout)
    raise ConfigurationError(
        "The store is of no known kind (its text is not repeated here, as it may hold a password). "
        "Write memory:, sqlite:/path/of/a/file, redis://host:6379/0, memcached://host:11211 or "
        "dynamodb:TABLE; docs/stores.md has all forms."
    )


def _memory(rest: str, query: str) -> MemoryStore:
    form = "memory:?max_entries=100000&max_total_octets=67108864"
    options = _options(query, ("prefix", *_LIMITS), form)
    limits = {name: options[name] for name in _LIMITS if name in options}
    if rest.strip("/") or not all(text.isdecimal() and text.isascii() for text in limits.values()):
        raise _wrong(form)
    # Nobody else is in this process's memory, so the prefix is checked and not needed.
    return MemoryStore(**{name: int(text) for name, text in limits.items()})


def _sqlite(rest: str, query: str, timeout: float | None) -> ExpiringStore:
    form = "sqlite:/path/of/a/file or sqlite:relative/path?prefix=shop:"
    options = _options(query, ("prefix",), form)
    # Others read sqlite:///x as a relative path, and some as an absolute one.
    if not rest or rest.startswith(("//", ":")) or "\0" in rest:
        raise _wrong(form)
    from cookie_sessions.stores.sqlite import SQLiteStore

    return SQLiteStore(rest, prefix=options.get("prefix", DEFAULT_PREFIX), timeout=timeout)


def _options(query: str, known: tuple[str, ...], form: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if options.keys() - set(known) or (query and not options):
        raise _wrong(form)
    try:
        checked_prefix(options.get("prefix", DEFAULT_PREFIX))
    except ValueError as error:
        fault = str(error)
    else:
        return options
    raise ConfigurationError(f"The URL of the store can't be used. {fault}.")


def _wrong(form: str) -> ConfigurationError:
    return ConfigurationError(f"The URL of the store can't be used. Write {form}")
