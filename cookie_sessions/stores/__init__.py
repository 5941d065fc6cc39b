"""Stores of octets that end by themselves: one contract, several backends."""

from cookie_sessions.stores.entry import DEFAULT_PREFIX, MAX_END, MAX_NAME_OCTETS
from cookie_sessions.stores.memory import MemoryStore
from cookie_sessions.stores.store import ExpiringStore
from cookie_sessions.stores.url import store_from_url

__all__ = [
    "DEFAULT_PREFIX",
    "MAX_END",
    "MAX_NAME_OCTETS",
    "ExpiringStore",
    "MemoryStore",
    "store_from_url",
]
