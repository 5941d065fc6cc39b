"""All cryptography that is ours, to be reviewed in one sitting.

XAES-256-GCM as published by C2SP (c2sp.org/XAES-256-GCM), built from the AES and AES-GCM of the
``cryptography`` package, and HKDF-SHA256 (RFC 5869) for subkeys. 192-bit random nonces make it
safe to seal 2^80 messages under one key. It is not key-committing, and nothing relies on that.
Beside it HMAC-SHA256 (RFC 2104) of the standard library, for what is shown and not hidden.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cookie_sessions.errors import Reason, Rejected

KEY_OCTETS = 32
NONCE_OCTETS = 24
TAG_OCTETS = 16
KID_OCTETS = 4
MAC_OCTETS = 32

_BLOCK = 128
_PREFIXES = (0x00015800 << 96) << _BLOCK | (0x00025800 << 96)


def digest(octets: bytes) -> bytes:
    """What tells two texts apart: SHA-256 (FIPS 180-4), 32 octets.

    It is the one that is loaded already. The standard library's brings another OpenSSL with it,
    which a cold start would pay for.

    Args:
        octets: of any number.
    """
    hashed = Hash(SHA256())
    hashed.update(octets)
    return hashed.finalize()


def derive(material: bytes, purpose: str) -> bytes:
    """Derive the subkey of one purpose, so that no key ever serves two.

    Args:
        material: the ring's key, 32 octets.
        purpose: ASCII name of the use, such as ``"session"``.

    Returns:
        32 octets, by HKDF-SHA256 without salt (RFC 5869).
    """
    return _hkdf(material, b"cookie_sessions v1 subkey " + purpose.encode("ascii"), KEY_OCTETS)


def kid_of(material: bytes) -> bytes:
    """Derive the key id of a key, so that a key can't be mislabelled.

    Args:
        material: the ring's key, 32 octets.

    Returns:
        4 octets, by HKDF-SHA256 without salt (RFC 5869).
    """
    return _hkdf(material, b"cookie_sessions v1 kid", KID_OCTETS)


def entry_name(seed: bytes) -> str:
    """Derive the name of an overflow entry, which tells nothing about its key.

    Args:
        seed: 32 octets from a reference.

    Returns:
        32 hexadecimal digits, by HKDF-SHA256 without salt (RFC 5869).
    """
    return _hkdf(seed, b"cookie_sessions v1 overflow name", 16).hex()


def entry_key(seed: bytes) -> bytes:
    """Derive the key of an overflow entry.

    Args:
        seed: 32 octets from a reference.

    Returns:
        32 octets, by HKDF-SHA256 without salt (RFC 5869).
    """
    return _hkdf(seed, b"cookie_sessions v1 overflow key", KEY_OCTETS)


def _hkdf(material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(material)


class Mac:
    """Marks octets under one subkey with HMAC-SHA256 (RFC 2104), differently each time.

    The mark itself never leaves: it stands under a mask of fresh octets, so that the length of a
    compressed page tells nothing of it, however often it is shown (BREACH).

    Args:
        key: 32 octets that serve this purpose only.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_OCTETS:
            raise ValueError(f"An HMAC-SHA256 key has {KEY_OCTETS} octets; derive one first.")
        self._key = key

    def __repr__(self) -> str:
        return "<Mac HMAC-SHA256>"

    def __reduce__(self) -> str:
        raise TypeError("A key is never pickled or copied; build it from its key ring again.")

    def mark(self, octets: bytes) -> bytes:
        """Mark octets, so that only who has the key can do it.

        Args:
            octets: all of one length, or with parts that can be told apart.

        Returns:
            A mask of 32 fresh octets of the operating system, then the HMAC under it: 64 octets.
        """
        return self._mark_with(os.urandom(MAC_OCTETS), octets)

    def matches(self, marked: bytes, octets: bytes) -> bool:
        """Whether :meth:`mark` made this for these octets; compared in constant time.

        Args:
            marked: 64 octets; of another length they never match.
            octets: what was to be marked.
        """
        import hmac

        return hmac.compare_digest(marked, self._mark_with(marked[:MAC_OCTETS], octets))

    def _mark_with(self, mask: bytes, octets: bytes) -> bytes:
        # Only what asks for it waits for the import.
        import hmac

        mac = hmac.digest(self._key, octets, "sha256")
        masked = int.from_bytes(mac, "big") ^ int.from_bytes(mask, "big")
        return mask + masked.to_bytes(MAC_OCTETS, "big")


class Aead:
    """Seals and opens octets under one subkey with XAES-256-GCM.

    Safe under threads and after fork: the only state shared between calls is a list of idle
    AES contexts, each of which one caller takes out while it uses it.

    Args:
        key: 32 octets that serve this purpose only.
    """

    __slots__ = ("_idle", "_key", "_mask")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_OCTETS:
            raise ValueError(f"An XAES-256-GCM key has {KEY_OCTETS} octets; derive one first.")
        self._key = key
        self._idle: list[CipherContext] = []
        # Step 1 of the specification: L = AES_K(0^128), K1 = L << 1, reduced by x^128+x^7+x^2+x+1.
        aes = self._take()
        left = int.from_bytes(aes.update(bytes(16)), "big")
        self._idle.append(aes)
        k1 = (left << 1) & ((1 << _BLOCK) - 1)
        if left >> (_BLOCK - 1):
            k1 ^= 0x87
        # Steps 2 and 3 without the nonce: M1 xor K1 and M2 xor K1 stand side by side in one number.
        self._mask = _PREFIXES ^ (k1 << _BLOCK | k1)

    def __repr__(self) -> str:
        return "<Aead XAES-256-GCM>"

    def __reduce__(self) -> str:
        raise TypeError("A key is never pickled or copied; build it from its key ring again.")

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Seal octets under a nonce that no other seal ever uses.

        The nonce is 24 fresh octets of the operating system at each call: no pool, no half used
        again, no parameter; so neither fork nor a restored snapshot of the process repeats one.

        Args:
            plaintext: what is to be hidden.
            aad: what is not hidden but must be the same on opening.

        Returns:
            nonce (24 octets), ciphertext, tag (16 octets).
        """
        return self._seal_with(os.urandom(NONCE_OCTETS), plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Open what :meth:`seal` returned, or refuse it whole.

        Args:
            sealed: nonce, ciphertext and tag.
            aad: the same octets that were given to :meth:`seal`.

        Returns:
            The plaintext.

        Raises:
            Rejected: ``bad_seal``, if a single bit of anything differs or the input is too short.
        """
        nonce = sealed[:NONCE_OCTETS]
        if len(sealed) < NONCE_OCTETS + TAG_OCTETS:
            raise Rejected(Reason.BAD_SEAL)
        try:
            return self._derived(nonce).decrypt(nonce[12:], sealed[NONCE_OCTETS:], aad)
        except InvalidTag:
            raise Rejected(Reason.BAD_SEAL) from None

    def _seal_with(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        return nonce + self._derived(nonce).encrypt(nonce[12:], plaintext, aad)

    def _derived(self, nonce: bytes) -> AESGCM:
        half = int.from_bytes(nonce[:12], "big")
        blocks = (self._mask ^ (half << _BLOCK | half)).to_bytes(32, "big")
        aes = self._take()
        # ECB of whole blocks keeps no state between calls, so one context serves every message.
        key = aes.update(blocks)
        self._idle.append(aes)
        return AESGCM(key)

    def _take(self) -> CipherContext:
        try:
            return self._idle.pop()
        except IndexError:
            return Cipher(algorithms.AES(self._key), modes.ECB()).encryptor()  # noqa: S305
