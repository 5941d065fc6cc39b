"""The form of an encrypted ring: a JWE in its compact serialisation (RFC 7516), nothing of ours.

RFC 7517, section 7, says how a JWK Set is encrypted and names its content type; its appendix C does
it with a passphrase, as here: PBES2-HS512+A256KW wraps the key (RFC 7518, section 4.8), A256GCM
seals the text (section 5.3). Other tools for JWE read what is written here, and the other way round
as long as they use the same two algorithms.

The library joserfc does it. It is typed, is maintained, and builds on ``cryptography`` alone, which
is here anyway; JWE of our own would be a second format to review for no gain. What it is handed has
passed a narrower gate first: one algorithm each, no compression, a bounded count of iterations, no
header that is not listed here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import warnings
from typing import Any, Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.ring_json import MAX_RING_OCTETS
from cookie_sessions.keys.sources.extra import load

ALGORITHM: Final = "PBES2-HS512+A256KW"
ENCRYPTION: Final = "A256GCM"
CONTENT_TYPE: Final = "jwk-set+json"

ITERATIONS: Final = 220_000
"""OWASP's figure for PBKDF2-HMAC-SHA512 (Password Storage Cheat Sheet, as of June 2026)."""

FEWEST_ITERATIONS: Final = 1_000
"""RFC 7518, section 4.8.1.2, recommends no fewer."""

MOST_ITERATIONS: Final = 300_000
"""What joserfc takes at most: some tenths of a second, whoever wrote the file."""

SHORTEST_PASSPHRASE: Final = 16
"""In octets. Who has the file may try passphrases for as long as its keys are worth it."""

MAX_WRAPPED_OCTETS: Final = (MAX_RING_OCTETS + 2) // 3 * 4 + 2048

_LONGEST_PASSPHRASE: Final = 4096
_LONGEST_HEADER: Final = 1024
_HEADER: Final = frozenset({"alg", "enc", "cty", "typ", "kid", "p2s", "p2c"})
_COMPACT: Final = re.compile(rb"\s*[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}\s*")
_PLAIN: Final = re.compile(rb"(\xef\xbb\xbf)?\s*\{")


def is_wrapped(octets: bytes) -> bool:
    """Whether this has the form of an encrypted ring; costs little, and needs no library."""
    return _COMPACT.fullmatch(octets) is not None


def wrap(text: str | bytes, passphrase: bytes, *, iterations: int = ITERATIONS) -> bytes:
    """Encrypt the text of a ring under a passphrase.

    Args:
        text: a JWK Set, at most ``MAX_RING_OCTETS``.
        passphrase: 16 to 4,096 octets. It should be random, such as the output of
            ``openssl rand -base64 32``: the iterations slow guessing down and do not end it.
        iterations: how many times the passphrase is hashed, 1,000 to 300,000.

    Returns:
        The JWE and a line feed: the whole of a file.

    Raises:
        ConfigurationError: the passphrase is too short or too long, the text too long, or joserfc
            is missing.
    """
    joserfc = _Joserfc("an encrypted key ring")
    _check_passphrase(passphrase, "an encrypted key ring")
    octets = text.encode() if isinstance(text, str) else text
    if len(octets) > MAX_RING_OCTETS or not FEWEST_ITERATIONS <= iterations <= MOST_ITERATIONS:
        raise ConfigurationError(
            f"A key ring is encrypted from at most {MAX_RING_OCTETS} octets, in "
            f"{FEWEST_ITERATIONS} to {MOST_ITERATIONS} iterations. Remove old keys, or correct the "
            f"number."
        )
    header: dict[str, str | int] = {"alg": ALGORITHM, "enc": ENCRYPTION, "cty": CONTENT_TYPE}
    header["p2c"] = iterations
    return joserfc.encrypt(header, octets, passphrase) + b"\n"


def unwrap(wrapped: bytes, passphrase: bytes, *, origin: str) -> bytes:
    """Decrypt a ring.

    Args:
        wrapped: a file's content, as ``wrap`` gives it.
        passphrase: the passphrase.
        origin: where it came from, for the errors.

    Returns:
        The text that was wrapped, unchanged.

    Raises:
        ConfigurationError: this is no encrypted ring or not one of this form, the passphrase is
            not the one it was encrypted with, or joserfc is missing.
    """
    joserfc = _Joserfc(origin)
    _check_passphrase(passphrase, origin)
    if len(wrapped) > MAX_WRAPPED_OCTETS:
        raise ConfigurationError(
            f"{origin}: this is longer than any key ring. Name the right file."
        )
    if not is_wrapped(wrapped):
        plain = _PLAIN.match(wrapped) is not None
        what = "is not encrypted" if plain else "is no JWE in its compact form (RFC 7516)"
        raise ConfigurationError(
            f"{origin}: a passphrase is given, and this {what}. Encrypt the ring, or take "
            f"passphrase= out of the URL."
        )
    fault = _fault(wrapped.strip().partition(b".")[0])
    if fault:
        raise ConfigurationError(f"{origin}: {fault}.")
    opened = joserfc.decrypt(wrapped.strip(), passphrase)
    if opened is None:
        raise ConfigurationError(
            f"{origin}: this can't be decrypted. The passphrase is not the one that it was "
            f"encrypted with, or the file is damaged."
        )
    return opened


def _check_passphrase(passphrase: bytes, origin: str) -> None:
    if not SHORTEST_PASSPHRASE <= len(passphrase) <= _LONGEST_PASSPHRASE:
        raise ConfigurationError(
            f"{origin}: the passphrase has {len(passphrase)} octets, and {SHORTEST_PASSPHRASE} to "
            f"{_LONGEST_PASSPHRASE} are wanted. Make one: openssl rand -base64 32."
        )


def _fault(segment: bytes) -> str:
    """What is wrong with a protected header, before anything is computed from it."""
    header: Any = None
    if len(segment) <= _LONGEST_HEADER:
        try:
            header = json.loads(base64.b64decode(segment + b"=" * (-len(segment) % 4), b"-_"))
        except (binascii.Error, ValueError, RecursionError):
            header = None
    if not isinstance(header, dict):
        return "the header of this JWE can't be read. Restore the file from a copy"
    if header.get("alg") != ALGORITHM or header.get("enc") != ENCRYPTION:
        return f"it is encrypted in another way. Encrypt it with {ALGORITHM} and {ENCRYPTION}"
    if header.get("cty") != CONTENT_TYPE:
        return f'its content type ("cty") is not "{CONTENT_TYPE}". Name a key ring'
    if not _HEADER.issuperset(header):
        return "its header asks for more than a key ring needs, such as compression. Encrypt anew"
    count = header.get("p2c")
    if type(count) is not int or not FEWEST_ITERATIONS <= count <= MOST_ITERATIONS:
        return (
            f'its count of iterations ("p2c") is not between {FEWEST_ITERATIONS} and '
            f"{MOST_ITERATIONS}. Encrypt anew with {ITERATIONS}"
        )
    return ""


class _Joserfc:
    """The library, and nothing of it but the two algorithms."""

    def __init__(self, origin: str) -> None:
        self._jwe = load("joserfc.jwe", extra="wrapped", source=origin)
        self._jwk = load("joserfc.jwk", extra="wrapped", source=origin)
        self._registry = self._jwe.JWERegistry(algorithms=[ALGORITHM, ENCRYPTION])
        self._registry.max_ciphertext_length = MAX_WRAPPED_OCTETS

    def encrypt(self, header: dict[str, str | int], octets: bytes, passphrase: bytes) -> bytes:
        try:
            key = self._key(passphrase)
        except ValueError:
            key = None
        if key is None:
            raise ConfigurationError(
                "The passphrase of a key ring has the form of a public key, which is no secret. "
                "Make one: openssl rand -base64 32."
            )
        text: str = self._jwe.encrypt_compact(header, octets, key, registry=self._registry)
        return text.encode("ascii")

    def decrypt(self, compact: bytes, passphrase: bytes) -> bytes | None:
        try:
            key = self._key(passphrase)
            found = self._jwe.decrypt_compact(compact, key, registry=self._registry)
            plaintext: bytes | None = found.plaintext
        except Exception:  # noqa: BLE001 - whatever a hostile file does to it, it is not opened.
            return None
        return plaintext

    def _key(self, passphrase: bytes) -> Any:
        with warnings.catch_warnings():
            # It warns of passphrases that look like a key of another kind.
            warnings.simplefilter("ignore")
            return self._jwk.OctKey.import_key(passphrase)
