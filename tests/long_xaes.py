"""The accumulated vector of XAES-256-GCM (c2sp.org/XAES-256-GCM, "Test vectors").

``python -m tests.long_xaes`` checks the one of 1,000,000 rounds; it takes half a minute and 350 MB
of memory. The tests check the one of 10,000 rounds.
"""

from __future__ import annotations

import hashlib
import io
import sys

from cookie_sessions.crypto import KEY_OCTETS, NONCE_OCTETS, Aead

ACCUMULATED = {
    10_000: "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939",
    1_000_000: "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15",
}

_OCTETS_A_ROUND = 320
"""A little above the mean: key, nonce, two length octets and twice 127.5 octets are 313."""


def accumulated(rounds: int) -> str:
    """Seal and open so many pseudo-random messages.

    SHAKE128 of nothing gives key, nonce, plaintext and additional data of each round, the latter
    two after an octet that says how long they are; the seals without their nonces go into another
    SHAKE128.

    Args:
        rounds: how many messages, a thousand or more.

    Returns:
        The 32 octets of the second SHAKE128, in hexadecimal.
    """
    stream = io.BytesIO(hashlib.shake_128().digest(rounds * _OCTETS_A_ROUND))
    seals = hashlib.shake_128()
    for _ in range(rounds):
        aead = Aead(stream.read(KEY_OCTETS))
        nonce = stream.read(NONCE_OCTETS)
        plaintext = stream.read(stream.read(1)[0])
        aad = stream.read(stream.read(1)[0])
        sealed = aead._seal_with(nonce, plaintext, aad)
        assert aead.open(sealed, aad) == plaintext
        seals.update(sealed[NONCE_OCTETS:])
    return seals.digest(32).hex()


def main() -> int:
    rounds = max(ACCUMULATED)
    agrees = accumulated(rounds) == ACCUMULATED[rounds]
    sys.stdout.write(f"{rounds} rounds: {'as published' if agrees else 'NOT as published'}\n")
    return 0 if agrees else 1


if __name__ == "__main__":
    raise SystemExit(main())
