"""The signed file of a snapshot: it names the other one, and says until when both count."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.ring_json import decoded
from cookie_sessions.revocation.facts import SNAPSHOT_SECONDS
from cookie_sessions.revocation.snapshot.fault import Fault, SnapshotRefused
from cookie_sessions.revocation.snapshot.signing import PublicKey, SigningKey

TYPE: Final = "revocations+jwt"
MAX_OCTETS: Final = 8_192
"""The longest token."""

_HEX: Final = re.compile(r"[0-9a-f]{64}")
_CHECK: Final = re.compile(r"[0-9a-f]{16}")
_PART: Final = rb"([A-Za-z0-9_-]+)"
_PARTS: Final = re.compile(rb"\.".join((_PART, _PART, _PART)))
_HEADER: Final = frozenset({"typ", "alg", "kid"})
_CLAIMS: Final = frozenset({"aud", "iat", "exp", "ttl", "seq", "file", "sha256", "length", "idx"})


def table_name(sha256: str) -> str:
    """The name of the table of a hash, 64 hexadecimal digits."""
    return f"revocations-{sha256[:32]}.bin"


class Token(NamedTuple):
    """What a token says.

    Attributes:
        sequence: its number; it never goes back.
        issued: when it was made, in seconds since the epoch.
        ends: until when it counts, in seconds since the epoch.
        ttl: after how many seconds a newer one may be there.
        file: the name of the other file, beside this one.
        sha256: the other file's, 64 hexadecimal digits.
        length: the other file's, in octets.
        index_check: what tells the index key that names subjects, 16 hexadecimal digits.
    """

    sequence: int
    issued: int
    ends: int
    ttl: int
    file: str
    sha256: str
    length: int
    index_check: str

    def signed(self, key: SigningKey, *, audience: str) -> str:
        """The token as it is published.

        Args:
            key: signs it.
            audience: for whom it is.
        """
        claims = {
            "aud": audience,
            "iat": self.issued,
            "exp": self.ends,
            "ttl": self.ttl,
            "seq": self.sequence,
            "file": self.file,
            "sha256": self.sha256,
            "length": self.length,
            "idx": self.index_check,
        }
        return key.sign(claims, kind=TYPE)


def verified(text: bytes, keys: Mapping[str, PublicKey], *, audience: str, now: float) -> Token:
    """What a token says, once everything about it is right.

    The key that it names says which algorithm counts; what the token says of that is only compared.

    Args:
        text: the token.
        keys: those that may have signed it, by thumbprint.
        audience: for whom it must be.
        now: seconds since the epoch.

    Raises:
        SnapshotRefused: anything is wrong with it.
    """
    token = signed_one(text, keys, audience=audience)
    if token.issued > now + SKEW:
        raise SnapshotRefused(Fault.NOT_YET_VALID)
    if token.ends <= now:
        raise SnapshotRefused(Fault.EXPIRED)
    # What it refuses lives no longer in the list than that.
    if token.ends - token.issued > SNAPSHOT_SECONDS:
        raise SnapshotRefused(Fault.MALFORMED)
    return token


def signed_one(text: bytes, keys: Mapping[str, PublicKey], *, audience: str) -> Token:
    """What a token says that one of us signed, whenever it counts; otherwise as :func:`verified`.

    Raises:
        SnapshotRefused: anything is wrong with it but its time.
    """
    import jwt

    if len(text) > MAX_OCTETS:
        raise SnapshotRefused(Fault.TOO_LARGE)
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise SnapshotRefused(Fault.MALFORMED)
    header = _members(parts[1])
    # Whatever else a header could say, such as crit (RFC 7515, section 4.1.11), is none of ours.
    if header.keys() != _HEADER or header["typ"] != TYPE:
        raise SnapshotRefused(Fault.MALFORMED)
    key = keys.get(header["kid"]) if isinstance(header["kid"], str) else None
    if key is None:
        raise SnapshotRefused(Fault.UNKNOWN_KEY)
    try:
        jwt.PyJWS().decode_complete(text, key.key, algorithms=[key.algorithm])
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise SnapshotRefused(Fault.BAD_SIGNATURE) from None
    except (jwt.PyJWTError, ValueError):
        raise SnapshotRefused(Fault.MALFORMED) from None
    # Read here and not by PyJWT, which takes a claim that is there twice, an audience among others,
    # and has a clock and allowances of its own.
    claims = _members(parts[2])
    if claims.keys() != _CLAIMS:
        raise SnapshotRefused(Fault.MALFORMED)
    if claims["aud"] != audience:
        raise SnapshotRefused(Fault.WRONG_AUDIENCE)
    return _token(claims)


def _token(claims: Mapping[str, Any]) -> Token:
    numbers = [claims[name] for name in ("seq", "iat", "exp", "ttl", "length")]
    texts = [claims[name] for name in ("sha256", "idx")]
    forms = zip(texts, (_HEX, _CHECK), strict=True)
    if not all(isinstance(text, str) and form.fullmatch(text) for text, form in forms):
        raise SnapshotRefused(Fault.MALFORMED)
    if not all(type(number) is int and 0 < number < 2**53 for number in numbers):
        raise SnapshotRefused(Fault.MALFORMED)
    sequence, issued, ends, ttl, length = numbers
    sha256, check = texts
    # A path could lead anywhere.
    if claims["file"] != table_name(sha256):
        raise SnapshotRefused(Fault.MALFORMED)
    return Token(sequence, issued, ends, ttl, claims["file"], sha256, length, check)


def _members(part: bytes) -> dict[str, Any]:
    """The members of a part of a token, each of them there once."""
    members = None
    try:
        octets = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
        # What would be written differently is refused: PyJWT must not read another text than this.
        if base64.urlsafe_b64encode(octets).rstrip(b"=") == part:
            members = decoded(octets, origin="a snapshot")
    except (ConfigurationError, ValueError):
        # It is no JSON, or no base64url.
        pass
    if not isinstance(members, dict):
        raise SnapshotRefused(Fault.MALFORMED)
    return members
