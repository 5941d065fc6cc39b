"""How sessions and subjects are called in lists: by hashes that lead back to neither."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, NoReturn
from uuid import UUID

from cookie_sessions.claims import Claims
from cookie_sessions.crypto import Aead, derive
from cookie_sessions.revocation.facts import ID_OCTETS, SUBJECT_OCTETS, Question

CHECK_OCTETS: Final = 8
REFERENCE_OCTETS: Final = 12

_TEXT: Final = b"t"
_PACKED: Final = b"p"
_DIGEST: Final = b"d"
_MAX_OCTETS: Final = 129
"""All claims together have 255 octets."""

_HUGE: Final = 10**255


def session_id(sid: bytes) -> bytes:
    """What names a session in lists.

    Args:
        sid: 16 octets.

    Returns:
        8 octets, the beginning of its SHA-256.
    """
    return hashlib.sha256(sid).digest()[:ID_OCTETS]


def reference_of(sid: bytes) -> str:
    """What names a session in pages, logs and commands: it opens nothing and is no part of a list.

    Args:
        sid: 16 octets.

    Returns:
        24 hexadecimal digits, from other bits of its SHA-256 than its name in lists.
    """
    return hashlib.sha256(sid).digest()[ID_OCTETS : ID_OCTETS + REFERENCE_OCTETS].hex()


def subject_octets(subject: object, *, packed: bytes) -> bytes:
    """A subject in the form that claims carry and lists hash: no two subjects share one.

    A text, a whole number and a UUID that read alike are one subject, because frameworks turn
    identifiers into text on their way into sessions.

    Args:
        subject: any value that a session keeps.
        packed: the same value as the codec packs it.

    Returns:
        At most 129 octets; a longer subject is named by its SHA-256.
    """
    # Subclasses come back from a cookie as what they derive from, so they count as that.
    if isinstance(subject, str):
        octets = _TEXT + str.__str__(subject).encode("utf-8", "surrogatepass")
    elif isinstance(subject, int) and not isinstance(subject, bool) and -_HUGE < subject < _HUGE:
        octets = _TEXT + int.__repr__(subject).encode()
    elif isinstance(subject, UUID):
        octets = _TEXT + str(subject).encode()
    else:
        octets = _PACKED + packed
    return octets if len(octets) <= _MAX_OCTETS else _DIGEST + hashlib.sha256(octets).digest()


def subject_text(octets: bytes) -> str | None:
    """The subject that claims carry, where it is a text; None where it is none, or was too long."""
    if octets[:1] != _TEXT:
        return None
    return octets[1:].decode("utf-8", "surrogatepass")


def ids_of(claims: Claims, *, signed: bool) -> tuple[bytes, ...]:
    """All that names a session in lists, 8 octets each.

    Args:
        claims: the session's.
        signed: whether Flask's own cookie brought it, whose name is its only one.
    """
    own = () if signed else (session_id(claims.sid),)
    return (*own, claims.imported_from) if claims.imported_from else own


def question_of(claims: Claims, kid: bytes, *, index: IndexKey | None, signed: bool) -> Question:
    """What is to be asked about a session.

    Args:
        claims: the session's.
        kid: names the key that sealed it, 4 octets.
        index: names subjects; may be None where the session belongs to nobody.
        signed: whether Flask's own cookie brought it, whose id is its only name.
    """
    subject = None
    if claims.subject is not None:
        assert index is not None
        subject = index.subject(claims.subject)
    kids = (kid, *claims.former_kids)
    return Question(ids_of(claims, signed=signed), subject, claims.since, kids)


class IndexKey:
    """Names subjects in lists. It does not rotate with the ring, or old marks would be lost.

    Args:
        secret: 32 octets or more that serve nothing else.
    """

    __slots__ = ("_check", "_sealing", "_subjects")

    def __init__(self, secret: bytes) -> None:
        material = hashlib.sha256(secret).digest()
        self._subjects = derive(material, "index of subjects")
        self._sealing = derive(material, "registry")
        self._check = hmac.digest(derive(material, "check of the index"), b"", "sha256")

    def __repr__(self) -> str:
        return "<IndexKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is never pickled or copied; read it from where it is kept again.")

    @property
    def check(self) -> bytes:
        """8 octets that tell two keys apart and nothing about either."""
        return self._check[:CHECK_OCTETS]

    def subject(self, octets: bytes) -> bytes:
        """What names a subject in lists.

        Args:
            octets: the subject as :func:`subject_octets` gives it.

        Returns:
            16 octets, by HMAC-SHA256 (RFC 2104).
        """
        return hmac.digest(self._subjects, octets, "sha256")[:SUBJECT_OCTETS]

    def aead(self) -> Aead:
        """Seals what the registry keeps."""
        return Aead(self._sealing)
