"""Whether a store can be used from here, and what it may lose."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.cli.absent import absent_file
from cookie_sessions.cli.doctor.durability import durability
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.stores import ExpiringStore, store_from_url

_SECONDS: Final = 60
_SAFE: Final = "noeviction"


class StoreHealth(NamedTuple):
    """What a store is like.

    Attributes:
        name: what it is called; never holds a password.
        answers: whether it keeps an entry and gives it back.
        fault: why it can't be used; empty where it can.
        policy: a Redis's maxmemory-policy; None for others, and where it is not told.
        warnings: what may be lost.
        notes: what it does not tell, so that nobody can say whether it is lost.
    """

    name: str
    answers: bool
    fault: str
    policy: str | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_absent(self) -> bool:
        """Whether it is a file that is not there yet, and was not made to see."""
        return not (self.answers or self.fault)


class _Loss(NamedTuple):
    """What it means where a store loses entries.

    Attributes:
        told: at the end of a sentence.
        alone: the same where processes do not share the store.
        forbids: whether a store that evicts can't be used at all.
        setting: which setting names such a store.
    """

    told: str
    alone: str
    forbids: bool
    setting: str


_OF_VALUES: Final = _Loss(
    "values may be lost", "use it with no other", forbids=False, setting="OVERFLOW"
)
_OF_A_LIST: Final = _Loss(
    "what was signed out would live again",
    "what ends in it lives in all others",
    forbids=True,
    setting="REVOCATIONS",
)


def examine(url: str) -> StoreHealth:
    """Examine an overflow store: keep an entry, read it, and delete it; nothing else is touched.

    Args:
        url: of the store.

    Raises:
        ConfigurationError: the URL can't be used. The message does not repeat it.
    """
    return _examined(url, _OF_VALUES, makes=True)


def examine_values(url: str) -> StoreHealth:
    """As :func:`examine`; a file that is not there is not made."""
    return _examined(url, _OF_VALUES, makes=False)


def examine_list(url: str) -> StoreHealth:
    """As :func:`examine`, for the store of a revocation list, which may lose nothing.

    A file that is not there is not made.
    """
    return _examined(url, _OF_A_LIST, makes=False)


def _examined(url: str, loss: _Loss, *, makes: bool) -> StoreHealth:
    try:
        store = store_from_url(url)
    except ConfigurationError as error:
        del url
        raise error.with_traceback(None) from None
    absent = None if makes else absent_file(store)
    if absent is not None:
        return _not_there(store, absent, loss)
    try:
        fault = _fault(store)
        policy = None if fault else _told(store, "maxmemory_policy")
        persistence = _told(store, "persistence") if loss.forbids and not fault else None
    finally:
        store.close()
    answers = not fault
    warnings = []
    if not store.shared:
        warnings.append(f"its entries are seen by one process alone: {loss.alone}")
    if store.evicts and loss.forbids:
        fault = (
            f"The store {store.name} drops entries while its memory is short, and all of them when "
            f"it restarts: {loss.told}. Name another."
        )
    elif store.evicts:
        warnings.append(f"it drops living entries while its memory is short; {loss.told}")
    if loss.forbids and answers and policy is None and hasattr(store, "maxmemory_policy"):
        warnings.append(
            f"neither its maxmemory-policy nor its appendonly is told to this user: see that they "
            f"are {_SAFE} and yes, or {loss.told}"
        )
    if policy not in (None, _SAFE):
        warnings.append(
            f"its maxmemory-policy is {policy}, which drops living entries when its memory is "
            f"full, and {loss.told}: set maxmemory-policy {_SAFE}"
        )
    kept = durability(persistence or ())
    return StoreHealth(
        store.name, answers, fault, policy, (*warnings, *kept.warnings), notes=kept.notes
    )


def _not_there(store: ExpiringStore, path: str, loss: _Loss) -> StoreHealth:
    folder = Path(path).parent
    if not os.access(folder, os.W_OK | os.X_OK):
        fault = (
            f"The store {store.name} has no file yet, and none can be made in {folder}. Make the "
            f"folder, or let this user write in it."
        )
        return StoreHealth(store.name, answers=False, fault=fault, policy=None, warnings=())
    told = (
        "its file is not there, so no application has used it yet: compare the path with the "
        f"application's COOKIE_SESSIONS_{loss.setting}"
    )
    return StoreHealth(store.name, answers=False, fault="", policy=None, warnings=(told,))


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


def _told(store: ExpiringStore, what: str) -> Any:
    ask = getattr(store, what, None)
    try:
        return None if ask is None else ask()
    except Unavailable:
        # A user who may not ask for INFO can't be told.
        return None
