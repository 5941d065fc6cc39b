"""Keys, the ring that holds them, and where rings come from."""

from cookie_sessions.keys.from_secret import (
    WEAK_BELOW_OCTETS,
    check_fallbacks,
    from_secret_keys,
    is_weak,
    revoked_entry,
)
from cookie_sessions.keys.jwk_set import MAX_RING_OCTETS, new_jwk_set, parse_jwk_set
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.provider import KeyProvider
from cookie_sessions.keys.ring import KeyRing
from cookie_sessions.keys.source import (
    EnvironmentSource,
    FileSource,
    KeySource,
    source_from_url,
)

__all__ = [
    "MAX_RING_OCTETS",
    "WEAK_BELOW_OCTETS",
    "EnvironmentSource",
    "FileSource",
    "Key",
    "KeyProvider",
    "KeyRing",
    "KeySource",
    "check_fallbacks",
    "from_secret_keys",
    "is_weak",
    "new_jwk_set",
    "parse_jwk_set",
    "revoked_entry",
    "source_from_url",
]
