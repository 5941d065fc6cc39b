"""Whether the overflow store can be used from here, and what it may lose."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.stores import ExpiringStore, store_from_url

_SECONDS: Final = 60
_SAFE: Final = "noeviction"


class StoreHealth(NamedTuple):
    """What a store is like.

    Attributes:
        name: what it is called; never holds a password.
        answers: whether it keeps an entry and gives it back.
        fault: why not; empty where it does.
        policy: a Redis's maxmemory-policy; None for others, and where it is not told.
        warnings: what may be lost.
    """

    name: str
    answers: bool
    fault: str
    policy: str | None
    warnings: tuple[str, ...]


def examine(url: str) -> StoreHealth:
    """Keep an entry, read it, and delete it; nothing else in the store is touched.

    Args:
        url: of the store.

    Raises:
        ConfigurationError: the URL can't be used. The message does not repeat it.
    """
    try:
        store = store_from_url(url)
    except ConfigurationError as error:
        del url
        raise error.with_traceback(None) from None
    try:
        fault = _fault(store)
        policy = None if fault else _policy(store)
    finally:
        store.close()
    warnings = []
    if not store.shared:
        warnings.append("its entries are seen by one process alone: use it with no other")
    if store.evicts:
        warnings.append("it drops living entries while its memory is short; values may be lost")
    if policy not in (None, _SAFE):
        warnings.append(
            f"its maxmemory-policy is {policy}, which drops living entries when its memory is "
            f"full: set maxmemory-policy {_SAFE}"
        )
    return StoreHealth(store.name, not fault, fault, policy, tuple(warnings))


def _fault(store: ExpiringStore) -> str:
    name, value = f"doctor:{os.urandom(16).hex()}", os.urandom(16)
    try:
        store.put(name, value, ends=clock.now() + _SECONDS)
        found = store.get(name)
        store.delete([name])
    except CookieSessionsError as error:
        return " ".join(str(error).split())
    if found == value:
        return ""
    return f"The store {store.name} did not give back what it was given to keep."


def _policy(store: ExpiringStore) -> str | None:
    ask = getattr(store, "maxmemory_policy", None)
    try:
        return None if ask is None else str(ask())
    except Unavailable:
        # A user who may not ask for INFO can't be told.
        return None
