"""Keys, the ring that holds them, and where rings come from."""

from cookie_sessions.keys.entry import KeyEntry, Mark
from cookie_sessions.keys.from_secret import (
    WEAK_BELOW_OCTETS,
    check_fallbacks,
    from_secret_keys,
    is_weak,
    revoked_entry,
)
from cookie_sessions.keys.jwk_set import (
    MAX_RING_OCTETS,
    dump_jwk_set,
    new_jwk_set,
    parse_jwk_set,
    parse_leniently,
)
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.key_set import KeySet, merge
from cookie_sessions.keys.lifecycle import State, resolve
from cookie_sessions.keys.provider import KeyProvider
from cookie_sessions.keys.ring import KeyRing
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
