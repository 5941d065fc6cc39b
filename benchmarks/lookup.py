"""A key among 100 against the only key: the look-up by itself, and a whole cookie opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.timing import ratios, rounds
from cookie_sessions import sealer
from cookie_sessions.crypto import KEY_OCTETS
from cookie_sessions.keys import Key, KeyRing

KEYS: Final = 100

_SECONDS: Final = 0.004
_OCTETS: Final = 300
_NOW: Final = 1_741_600_000
_PLACE: Final = sealer.Place("session", "session", "")


def measure(*, count: int) -> tuple[list[float], list[float]]:
    """How many times dearer many keys are than one, round by round.

    Returns:
        The ratios for ``KEYS`` look-ups, a different key each time where there are many; and
        those for opening as many cookies.
    """
    keys = [Key(os.urandom(KEY_OCTETS)) for _ in range(KEYS)]
    many, one = KeyRing(*keys), KeyRing(keys[0])
    texts = [_seal(key) for key in keys]
    calls = {
        "find one": _find(one, [keys[0].kid] * KEYS),
        "find many": _find(many, [key.kid for key in keys]),
        "open one": _open(one, texts[:1] * KEYS),
        "open many": _open(many, texts),
    }
    times = rounds(calls, count=count, seconds=_SECONDS)
    return (
        ratios(times["find many"], times["find one"]),
        ratios(times["open many"], times["open one"]),
    )


def _find(ring: KeyRing, kids: Sequence[bytes]) -> Callable[[], None]:
    def find() -> None:
        for kid in kids:
            ring.get(kid)

    return find


def _seal(key: Key) -> str:
    ring = KeyRing(key)
    return sealer.seal(bytes(_OCTETS), ring=ring, place=_PLACE, refreshable=False, now=_NOW)


def _open(ring: KeyRing, texts: Sequence[str]) -> Callable[[], None]:
    def run() -> None:
        for text in texts:
            sealer.open_text(text, ring=ring, place=_PLACE, now=_NOW)

    return run
