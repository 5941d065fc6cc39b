"""Values to octets and back: exact types, lossless shrinking, compression, the payload."""

from cookie_sessions.codec.codec import Codec, Steps
from cookie_sessions.codec.compress import MAX_VALUE_OCTETS, Dictionaries, Dictionary
from cookie_sessions.codec.names import DEFAULT_SECRET_NAMES
from cookie_sessions.codec.payload import Wire, is_its_own_wire
from cookie_sessions.codec.reference import (
    MAX_REFERRED_OCTETS,
    REFERENCE_OCTETS,
    SEED_OCTETS,
    Reference,
    references_of,
)
from cookie_sessions.codec.registered import RegisteredType

__all__ = [
    "DEFAULT_SECRET_NAMES",
    "MAX_REFERRED_OCTETS",
    "MAX_VALUE_OCTETS",
    "REFERENCE_OCTETS",
    "SEED_OCTETS",
    "Codec",
    "Dictionaries",
    "Dictionary",
    "Reference",
    "RegisteredType",
    "Steps",
    "Wire",
    "is_its_own_wire",
    "references_of",
]
