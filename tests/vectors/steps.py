"""Seal a plaintext as docs/format.md numbers the steps, and keep every value on the way."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cookie_sessions import crypto, envelope
from cookie_sessions.envelope import Head
from cookie_sessions.keys import Key
from cookie_sessions.sealer import Place

_MASK = (1 << 128) - 1


def fixed(name: str, octets: int) -> bytes:
    """Octets that look random and are the same on each run."""
    return hashlib.shake_256(name.encode()).digest(octets)


def seal(
    plaintext: bytes, *, key: bytes, place: Place, nonce: bytes, sealed_at: int, flags: int = 0
) -> dict[str, object]:
    """Seal under a fixed nonce.

    Returns:
        The intermediate values in the order in which they arise, then the text.
    """
    ring_key = Key(key)
    head = Head(flags, ring_key.kid, sealed_at)
    subkey = crypto.derive(key, place.purpose)
    aad = envelope.aad(head, purpose=place.purpose, name=place.name, audience=place.audience)
    steps = steps_of(subkey, nonce=nonce, aad=aad, plaintext=plaintext)
    sealed = nonce + bytes.fromhex(steps["ciphertext"] + steps["tag"])
    return {
        "subkey": subkey.hex(),
        "kid": head.kid.hex(),
        "header": head.octets().hex(),
        "flags": flags,
        "sealed_at": sealed_at,
        "nonce": steps.pop("nonce"),
        **{name: steps.pop(name) for name in ("l", "k1", "m1", "m2", "derived_key")},
        "aad": aad.hex(),
        **steps,
        "text": envelope.serialise(head, sealed),
    }


def steps_of(key: bytes, *, nonce: bytes, aad: bytes, plaintext: bytes) -> dict[str, str]:
    """The steps of XAES-256-GCM under one key, in hexadecimal."""
    left = int.from_bytes(_block(key, bytes(16)), "big")
    k1 = (left << 1 & _MASK) ^ (0x87 if left >> 127 else 0)
    m1 = b"\x00\x01X\x00" + nonce[:12]
    m2 = b"\x00\x02X\x00" + nonce[:12]
    derived = b"".join(
        _block(key, (int.from_bytes(m, "big") ^ k1).to_bytes(16, "big")) for m in (m1, m2)
    )
    sealed = AESGCM(derived).encrypt(nonce[12:], plaintext, aad)
    assert nonce + sealed == crypto.Aead(key)._seal_with(nonce, plaintext, aad)
    return {
        "nonce": nonce.hex(),
        "l": left.to_bytes(16, "big").hex(),
        "k1": k1.to_bytes(16, "big").hex(),
        "m1": m1.hex(),
        "m2": m2.hex(),
        "derived_key": derived.hex(),
        "ciphertext": sealed[: -crypto.TAG_OCTETS].hex(),
        "tag": sealed[-crypto.TAG_OCTETS :].hex(),
    }


def _block(key: bytes, octets: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(octets)  # noqa: S305
