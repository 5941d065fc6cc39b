"""How a value stands in the payload, told without giving the value itself."""

from __future__ import annotations

from typing import Any, Final

from ormsgpack import unpackb

from cookie_sessions.codec import tags
from cookie_sessions.codec.codec import Codec
from cookie_sessions.codec.payload import Wire

_ESCAPE: Final = 0xC1
_DICTIONARIES: Final = range(0x01, 0x40)
_SIGNED_OCTETS: Final = 2
_NAMED: Final = 0x80
_NAME: Final = slice(1, 4)
_MARKER: Final = (tags.REGISTERED, b"")


def dictionary_of(wire: Wire) -> int | str | None:
    """The dictionary that a value was compressed with; None where it was not.

    Those that ship with the package have numbers, an application's own have names.

    Args:
        wire: the value as it stands in the payload.
    """
    if type(wire) is not bytes or len(wire) < _SIGNED_OCTETS or wire[0] != _ESCAPE:
        return None
    if wire[1] >= _NAMED:
        return wire[_NAME].hex()
    return wire[1] if wire[1] in _DICTIONARIES else None


def registered_names(codec: Codec, wire: Wire) -> frozenset[str]:
    """The names of the registered types that a value holds, whether the codec knows them or not.

    Args:
        codec: has the dictionaries.
        wire: the value as it stands in the payload, authenticated.

    Returns:
        Them; none of a value that can't be decompressed or is no MessagePack.
    """
    if type(wire) is not bytes:
        return frozenset()
    try:
        level: list[Any] = [unpackb(codec._segment(wire), ext_hook=_extension)]
    except Exception:  # noqa: BLE001 - as for values that are read: another release's, perhaps.
        return frozenset()
    names: set[str] = set()
    while level:
        item = level.pop()
        if type(item) is dict:
            level += item.values()
        elif type(item) is list:
            if len(item) == 3 and item[0] == _MARKER and type(item[1]) is str:
                names.add(item[1])
            level += item
    return frozenset(names)


def _extension(tag: int, octets: bytes) -> tuple[int, bytes]:
    # Nothing else becomes a tuple here.
    return tag, octets
