"""One sealed text over several cookies, and together again; docs/format.md, section 12.

The names are fixed, so a browser never collects orphans: ``session`` is the head, and
``session.1`` to ``session.7`` are the chunks behind it. The head says how many cookies there are.
Each chunk says its place, and carries some characters of the head's own nonce, which no other
sealed text shares. What belongs together is told by that alone; that it is whole and genuine is
told by opening it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

from cookie_sessions.envelope import SPLIT_MARK
from cookie_sessions.errors import Reason, Rejected

MAX_COOKIES: Final = 8
"""The most cookies that one session takes: the head and seven chunks."""

_TAG: Final = slice(16, 22)
# These characters of a text stand for octets 12 to 16 of the envelope: 36 bits of its nonce.
_HEAD_OCTETS: Final = 2
_CHUNK_OCTETS: Final = 2 + _TAG.stop - _TAG.start
_LEAST_ROOM: Final = 64
# A cookie with less room, behind attributes of 4,000 octets, could not even hold the tag.
_COUNTS: Final = {str(count): count for count in range(2, MAX_COOKIES + 1)}


@functools.lru_cache(maxsize=64)
def chunk_names(name: str) -> tuple[str, ...]:
    """The names of all chunks behind the head of this name, in their order; made nowhere else.

    Args:
        name: the cookie's name, which is the head's.

    Returns:
        ``MAX_COOKIES - 1`` names, each two octets longer than the head's.
    """
    return tuple(f"{name}.{index}" for index in range(1, MAX_COOKIES))


def split(text: str, *, room: int) -> list[str]:
    """Write a text as the values of as few cookies as possible.

    Args:
        text: the sealed text, base64url.
        room: octets of the value that fit a cookie of the head's name.

    Returns:
        The head's value, then those of the chunks; the text itself where one cookie holds it.

    Raises:
        ValueError: the text is longer than the :func:`capacity`.
    """
    if len(text) <= room:
        return [text]
    if len(text) > capacity(room):
        raise ValueError(f"more than {MAX_COOKIES} cookies would be needed")
    tag = text[_TAG]
    first = room - _HEAD_OCTETS
    # A chunk's name is two octets longer than the head's.
    each = room - 2 - _CHUNK_OCTETS
    parts = [text[at : at + each] for at in range(first, len(text), each)]
    chunks = [f"{SPLIT_MARK}{index}{tag}{part}" for index, part in enumerate(parts, 1)]
    return [f"{SPLIT_MARK}{1 + len(parts)}{text[:first]}", *chunks]


def capacity(room: int) -> int:
    """The octets of the longest text that :func:`split` takes.

    Args:
        room: as for :func:`split`.
    """
    if room < _LEAST_ROOM:
        return max(room, 0)
    return room - _HEAD_OCTETS + (MAX_COOKIES - 1) * (room - 2 - _CHUNK_OCTETS)


def is_split(value: str) -> bool:
    """Whether a cookie's value is of the form of a head or a chunk."""
    return value.startswith(SPLIT_MARK)


def head_text(head: str) -> str:
    """The beginning of the sealed text that a split head holds."""
    return head[_HEAD_OCTETS:]


def join(head: str, *, name: str, find: Callable[[str], tuple[str, ...]]) -> str:
    """The text whose head this is, from the chunks that arrived.

    Chunks of other generations, behind the last one, or under a wrong name are passed over.

    Args:
        head: the value of a cookie that :func:`is_split`.
        name: its name.
        find: gives the different values that arrived under a name.

    Returns:
        The joined text; nothing about it is checked but what belongs together.

    Raises:
        Rejected: ``missing_chunk`` where a chunk did not arrive, ``mixed_chunks`` where only those
            of other texts did, ``ambiguous`` where several fit, ``malformed`` where this is no
            head.
    """
    count = _COUNTS.get(head[1:2], 0)
    text = head_text(head)
    tag = text[_TAG]
    if not count or len(tag) < _TAG.stop - _TAG.start:
        raise Rejected(Reason.MALFORMED)
    parts = [text]
    for index, chunk_name in enumerate(chunk_names(name)[: count - 1], 1):
        arrived = find(chunk_name)
        beginning = f"{SPLIT_MARK}{index}{tag}"
        fitting = [chunk for chunk in arrived if chunk.startswith(beginning)]
        if len(fitting) != 1:
            if fitting:
                raise Rejected(Reason.AMBIGUOUS)
            raise Rejected(Reason.MIXED_CHUNKS if arrived else Reason.MISSING_CHUNK)
        parts.append(fitting[0][_CHUNK_OCTETS:])
    return "".join(parts)
