"""Keys, the ring that holds them, and where rings come from.

What every application needs is imported here. The rest, which only applications with a key ring of
their own need, is loaded at its first use: a cold start pays for every import.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.keys.from_secret import (
    WEAK_BELOW_OCTETS,
    check_fallbacks,
    from_secret_keys,
    is_weak,
    revoked_entry,
)
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.ring import KeyRing

if TYPE_CHECKING:
    from cookie_sessions.keys.entry import KeyEntry, Mark
    from cookie_sessions.keys.jwk_set import (
        dump_jwk_set,
        new_jwk_set,
        parse_jwk_set,
        parse_leniently,
    )
    from cookie_sessions.keys.key_set import KeySet, merge
    from cookie_sessions.keys.lifecycle import State, resolve
    from cookie_sessions.keys.provider import KeyProvider
    from cookie_sessions.keys.ring_json import MAX_RING_OCTETS
    from cookie_sessions.keys.sources import (
        EnvironmentSource,
        FileSource,
        FunctionSource,
        KeySource,
        RingFile,
        source_from_url,
        source_of,
        unwrap,
        wrap,
    )

__all__ = [
    "MAX_RING_OCTETS",
    "WEAK_BELOW_OCTETS",
    "EnvironmentSource",
    "FileSource",
    "FunctionSource",
    "Key",
    "KeyEntry",
    "KeyProvider",
    "KeyRing",
    "KeySet",
    "KeySource",
    "Mark",
    "RingFile",
    "State",
    "check_fallbacks",
    "dump_jwk_set",
    "from_secret_keys",
    "is_weak",
    "merge",
    "new_jwk_set",
    "parse_jwk_set",
    "parse_leniently",
    "resolve",
    "revoked_entry",
    "source_from_url",
    "source_of",
    "unwrap",
    "wrap",
]

_LATER: Final = {
    "entry": ("KeyEntry", "Mark"),
    "jwk_set": ("dump_jwk_set", "new_jwk_set", "parse_jwk_set", "parse_leniently"),
    "key_set": ("KeySet", "merge"),
    "lifecycle": ("State", "resolve"),
    "provider": ("KeyProvider",),
    "ring_json": ("MAX_RING_OCTETS",),
    "sources": (
        *("EnvironmentSource", "FileSource", "FunctionSource", "KeySource", "RingFile"),
        *("source_from_url", "source_of", "unwrap", "wrap"),
    ),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
