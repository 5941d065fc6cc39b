"""``python -m benchmarks.leak`` prints what a length gives away.

A session holds somebody's e-mail address and, under another key, text that an attacker chooses (a
search, a name). The attacker sees the length of the sealed cookie and nothing else, and guesses
which of 100 addresses it holds: the one whose text in the other value makes the cookie shortest.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import ormsgpack
import zstandard

from benchmarks import machine
from cookie_sessions.codec import Codec, Wire

TRIALS = 60
CANDIDATES = 100

_FIRST = ("anna", "boris", "clara", "david", "elena", "fabian", "greta", "henri", "iris", "jonas")
_LAST = (
    "adler",
    "brandt",
    "celik",
    "dvorak",
    "egger",
    "fischer",
    "gruber",
    "huber",
    "ivanov",
    "jung",
)
_ADDRESSES = [f"{first}.{last}@post.example.com" for first in _FIRST for last in _LAST]

_CODEC = Codec()

_Length = Callable[[str, str], int]


def together(secret: str, chosen: str) -> int:
    """The octets of a session that is compressed as a whole."""
    session = {"user_id": 42, "email": secret, "search": chosen}
    return len(zstandard.ZstdCompressor(level=19).compress(ormsgpack.packb(session)))


def apart(secret: str, chosen: str) -> int:
    """The octets of the same session as this package writes it, before it is sealed."""
    session: dict[str, object] = {"user_id": 42, "email": secret, "search": chosen}
    wires: dict[object, Wire] = {
        key: _CODEC.to_wire(key, value, _CODEC.pack(value)) for key, value in session.items()
    }
    return len(_CODEC.dump_payload(b"c", wires))


def found(length: _Length, *, seed: int = 1) -> int:
    """How many of the secrets an attacker finds who sees lengths.

    Args:
        length: what a session with a secret and a chosen text takes, in octets.
        seed: which secrets there are, and in which order they are tried.

    Returns:
        A number of :data:`TRIALS`; guessing blindly finds one in :data:`CANDIDATES`.
    """
    random = Random(seed)
    hits = 0
    for _ in range(TRIALS):
        candidates = random.sample(_ADDRESSES, CANDIDATES)
        secret = random.choice(candidates)
        # The attacker compares with a session of their own whose address is as long, so that
        # what compresses within the chosen text does not count.
        gains = {
            each: length(secret, each * 2) - length("x" * len(secret), each * 2)
            for each in candidates
        }
        hits += min(candidates, key=gains.__getitem__) == secret
    return hits


def main() -> None:
    """Print both figures."""
    print(*machine.describe(), "", sep="\n")
    print(f"Secrets found by length alone, of {TRIALS}, among {CANDIDATES} candidates:")
    print(f"  the session compressed as a whole   {found(together):>3}")
    print(f"  each value compressed alone         {found(apart):>3}")


if __name__ == "__main__":
    main()
