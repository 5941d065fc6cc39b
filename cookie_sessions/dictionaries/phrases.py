"""Joins pieces to phrases, one step beyond what is known already.

Which phrases many sessions share is found as Lempel and Ziv (1978) find theirs: a phrase is looked
at once both of its halves are known. So little is counted in vain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from typing import Final

from cookie_sessions.dictionaries.pieces import Piece

MAX_PHRASE: Final = 128
"""Octets of the longest phrase."""


def phrases_in(pieces: Sequence[Piece], known: Container[bytes]) -> Counter[bytes]:
    """What is to be counted of one value.

    Args:
        pieces: those of the value, with None where something is left out.
        known: the phrases that enough people share.

    Returns:
        How often each occurs: the longest known phrases that the value is made of, pieces that are
        not known, and two known phrases that stand side by side, as one.
    """
    counted: Counter[bytes] = Counter()
    former = b""
    at = 0
    while at < len(pieces):
        phrase, steps = _longest(pieces, at, known)
        at += steps
        if phrase is None:
            former = b""
            continue
        counted[phrase] += 1
        is_known = phrase in known
        if former and is_known and len(former) + len(phrase) <= MAX_PHRASE:
            counted[former + phrase] += 1
        former = phrase if is_known else b""
    return counted


def _longest(pieces: Sequence[Piece], at: int, known: Container[bytes]) -> tuple[Piece, int]:
    """The longest known phrase that begins with a piece, or the piece; and its count of pieces."""
    phrase = pieces[at]
    steps = 1
    if phrase is None:
        return None, 1
    joined = phrase
    for place in range(at + 1, len(pieces)):
        piece = pieces[place]
        if piece is None or len(joined) + len(piece) > MAX_PHRASE:
            break
        joined += piece
        if joined in known:
            phrase, steps = joined, place + 1 - at
    return phrase, steps
