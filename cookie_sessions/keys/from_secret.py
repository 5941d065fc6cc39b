"""A ring from an application's secret key, for those who configure no ring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cookie_sessions.crypto import KEY_OCTETS
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.ring import KeyRing

WEAK_BELOW_OCTETS: Final = 16
"""Fewer octets than this can't hold 128 bits, however they were chosen."""

# Both are public and never change: a change would end every session sealed under a secret key.
_SALT: Final = b"cookie_sessions v1"
_INFO: Final = b"cookie_sessions v1 key from secret key"


def from_secret_keys(
    secret_key: str | bytes, fallbacks: Iterable[str | bytes | None] | None = ()
) -> KeyRing:
    """The ring of a secret key and its fallbacks: the former seals, all of them open.

    Each key is HKDF-SHA256 (RFC 5869) of one secret under a fixed public salt and info. That
    spreads a secret's entropy and adds none: a guessable secret stays guessable. The order of the
    fallbacks decides nothing, empty ones and None are ignored, and equal ones are one key.

    Args:
        secret_key: Flask's SECRET_KEY, or its like; text counts as its UTF-8 octets.
        fallbacks: Flask's SECRET_KEY_FALLBACKS: secrets whose cookies still open.

    Returns:
        The ring.

    Raises:
        ConfigurationError: the secret key is empty, a secret is neither text nor bytes, or the
            fallbacks are no list of secrets, or one string, each of whose characters would become
            a key.
    """
    if not secret_key:
        raise ConfigurationError(
            "The secret key is empty, so anybody could seal a session. Set it to the output of "
            "python -c 'import secrets; print(secrets.token_hex())'."
        )
    check_fallbacks(fallbacks)
    primary = _key(secret_key, "the secret key")
    others = [_key(secret, "a fallback of the secret key") for secret in fallbacks or () if secret]
    return KeyRing(primary, *others)


def revoked_entry(secret_key: str | bytes) -> str:
    """The entry of a ring file that revokes the key which a secret key becomes.

    For sessions that were taken over from cookies which a leaked secret key had signed: they name
    it among their former keys. The text holds the key: keep it as closed as the ring file.

    Args:
        secret_key: the secret key that leaked.

    Returns:
        A JSON object to be put among the ring file's keys.

    Raises:
        ConfigurationError: the secret is neither text nor bytes.
    """
    import json

    from cookie_sessions.keys.entry import KeyEntry, Mark
    from cookie_sessions.keys.jwk_set import as_member

    key = Key(_material(secret_key, "the secret key"))
    label = f"former SECRET_KEY {key.kid.hex()}"
    return json.dumps(as_member(KeyEntry(kid=key.kid, key=key, label=label, mark=Mark.REVOKED)))


def is_weak(secret: str | bytes) -> bool:
    """Whether a secret is too short to be a key, whatever it holds.

    Args:
        secret: a secret key; text counts as its UTF-8 octets.

    Returns:
        True if it has fewer than ``WEAK_BELOW_OCTETS`` octets.
    """
    return len(_octets(secret, "the secret key")) < WEAK_BELOW_OCTETS


def check_fallbacks(fallbacks: object) -> None:
    """Refuse what is no list of secrets.

    Raises:
        ConfigurationError: the fallbacks are one string, or nothing that has elements.
    """
    if isinstance(fallbacks, str | bytes):
        raise ConfigurationError(
            "The fallbacks of the secret key are one string, and each of its characters would "
            "become a key. Set them to a list of strings."
        )
    if fallbacks is not None and not isinstance(fallbacks, Iterable):
        raise ConfigurationError(
            f"The fallbacks of the secret key are of the type {type(fallbacks).__name__}. Set them "
            f"to a list of strings."
        )


def _key(secret: str | bytes, what: str) -> Key:
    return Key(_material(secret, what), label=what)


def _material(secret: str | bytes, what: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=KEY_OCTETS, salt=_SALT, info=_INFO)
    return hkdf.derive(_octets(secret, what))


def _octets(secret: object, what: str) -> bytes:
    if isinstance(secret, bytes):
        return secret
    if not isinstance(secret, str):
        raise ConfigurationError(
            f"{what.capitalize()} is of the type {type(secret).__name__}. Set it to text or bytes."
        )
    try:
        return secret.encode()
    except UnicodeEncodeError:
        # Raised below instead, because this error holds the secret and would be its context.
        pass
    raise ConfigurationError(
        f"{what.capitalize()} is text that has no UTF-8 form (a lone surrogate). Set it to bytes."
    )
