"""One value to octets and back: MessagePack, with extensions for what it lacks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Final

import ormsgpack
from ormsgpack import Ext, packb, unpackb

from cookie_sessions.codec import tags
from cookie_sessions.codec.leaves import DECODERS, ENCODERS, LATE_ENCODERS, Encoder
from cookie_sessions.codec.lowering import Walker
from cookie_sessions.codec.registered import RegisteredType, by_name
from cookie_sessions.codec.shrink import RESTORERS, jwt_text
from cookie_sessions.codec.table import build_hundredths, build_steps, build_table

OPTIONS: Final = (
    ormsgpack.OPT_PASSTHROUGH_BIG_INT
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
    | ormsgpack.OPT_PASSTHROUGH_TUPLE
    | ormsgpack.OPT_PASSTHROUGH_UUID
)
"""The serializer asks about every type that it would otherwise turn into another."""

_BIN_HEADERS: Final = (0xC4, 0xC5, 0xC6)
_SCALARS: Final = frozenset({type(None), bool, int, float, str, bytes})
_CONTAINERS: Final = frozenset({list, dict, tuple, set, frozenset})
_NEVER_ASKED: Final = frozenset({bytearray, memoryview, Ext, ormsgpack.Fragment})


class _Marker:
    """A marker as it is met while reading: knows what to make of the list that it leads."""

    __slots__ = ("build",)

    def __init__(self, build: Callable[[list[Any]], object]) -> None:
        self.build = build


class Packer:
    """Packs and unpacks values exactly: same type, repr, time zone and fold, recursively.

    Args:
        types: the application's own types.
    """

    def __init__(self, types: Iterable[RegisteredType] = ()) -> None:
        self._by_name = by_name(types)
        self._registered = {entry.type: entry for entry in self._by_name.values()}
        self._encoders: dict[type, Encoder] = {
            **ENCODERS,
            tuple: lambda value: [_TUPLE, *value],
            set: lambda value: [_SET, *sorted(value, key=self.pack_lowered)],
            frozenset: lambda value: [_FROZENSET, *sorted(value, key=self.pack_lowered)],
        }
        self._late = {**LATE_ENCODERS, ("markupsafe", "Markup"): _pack_markup}
        self._late_leaves: dict[type, Encoder] = {}
        self._markers = {
            tags.TUPLE: _Marker(tuple),
            tags.SET: _Marker(set),
            tags.FROZENSET: _Marker(frozenset),
            tags.DICT: _Marker(_build_dict),
            tags.MARKUP: _Marker(_build_markup),
            tags.JWT: _Marker(jwt_text),
            tags.REGISTERED: _Marker(self._build_registered),
            tags.TABLE: _Marker(build_table),
            tags.HUNDREDTHS: _Marker(build_hundredths),
            tags.STEPS: _Marker(build_steps),
        }

    def pack(self, value: object, *, name: object = None) -> bytes:
        """Pack one value; equal octets mean the same value, whatever the process.

        Args:
            value: what the application stored.
            name: the key it stands under in the session; shown in errors.

        Returns:
            Its MessagePack octets, not shrunk and not compressed.

        Raises:
            UsageError: it holds something that sessions don't keep; names place and type.
        """
        try:
            octets = packb(value, self._hook, OPTIONS)
        except TypeError:
            octets = None
        if octets is None:
            return self._pack_carefully(value, name)
        # The serializer packs bytes-like objects and its own classes without asking us.
        for header in _BIN_HEADERS:
            if header in octets:
                return self._pack_carefully(value, name) if _holds_unasked(value) else octets
        return octets

    def pack_key(self, key: object) -> str | bytes:
        """Give the form of a session's key: text where it is text, else its packed octets.

        Raises:
            UsageError: it can't be kept, or would not be hashable when it is read again.
        """
        walker = self._walker(key)
        try:
            lowered = walker.lower(key, as_key=True)
            return lowered if type(lowered) is str else packb(lowered)
        except RecursionError:
            raise walker.too_deep() from None

    def pack_lowered(self, value: object) -> bytes:
        """Pack what is known to hold nothing foreign; TypeError where the fast way stumbles."""
        return packb(value, self._hook, OPTIONS)

    def unpack(self, octets: bytes) -> Any:
        """Unpack what :meth:`pack` or shrinking wrote.

        Raises:
            Exception: any, on octets that are not exactly one value.
        """
        # The serializer ignores what follows a value. A blob longer than the octets, put behind
        # them, is found whole by the reader only where the value ends with the octets.
        size = len(octets) + 1
        blob = bytes(size)
        document = b"".join((b"\x92", octets, b"\xc6", size.to_bytes(4, "big"), blob))
        if 0xC7 in octets and tags.MARKER_SIGN in octets:
            value, end = unpackb(document, ext_hook=self._read_extension)
            value = _raised(value)
        else:
            value, end = unpackb(document, ext_hook=_read_leaf)
        if end != blob:
            raise ValueError("octets behind the value")
        return value

    def _hook(self, value: object) -> object:
        kind = type(value)
        encoder = self._encoders.get(kind) or self._late_encoder(kind)
        if encoder is not None:
            return encoder(value)
        registered = self._registered[kind]
        inner = registered.to_value(value)
        if _holds_unasked(inner):
            raise TypeError("not a value that sessions keep")
        return [_REGISTERED, registered.name, inner]

    def _pack_carefully(self, value: object, name: object) -> bytes:
        walker = self._walker(name)
        try:
            return packb(walker.lower(value))
        except RecursionError:
            raise walker.too_deep() from None

    def _walker(self, name: object) -> Walker:
        return Walker(
            name=name,
            encoder_of=self._leaf_encoder,
            registered=self._registered,
            sort_key=packb,
        )

    def _leaf_encoder(self, kind: type) -> Encoder | None:
        encoder = ENCODERS.get(kind) or self._late_encoder(kind)
        return None if encoder is _pack_markup else encoder

    def _late_encoder(self, kind: type) -> Encoder | None:
        known = self._late_leaves.get(kind)
        if known is None:
            place = kind.__module__, kind.__qualname__
            known = self._late.get(place)
            if known is None or getattr(sys.modules.get(place[0]), place[1], None) is not kind:
                return None
            self._late_leaves[kind] = known
        return known

    def _read_extension(self, tag: int, octets: bytes) -> object:
        return _LEAVES[tag](octets) if octets else self._markers[tag]

    def _build_registered(self, items: list[Any]) -> object:
        name, inner = items
        return self._by_name[name].from_value(inner)


def _read_leaf(tag: int, octets: bytes) -> object:
    if not octets:
        raise ValueError("a marker in a form that is not ours")
    return _LEAVES[tag](octets)


def _raised(value: Any) -> Any:
    """Turn lists that a marker leads into what they stand for, from the inside out."""
    kind = type(value)
    if kind is list:
        if _SCALARS.issuperset(map(type, value)):
            return value
        for index, item in enumerate(value):
            kind = type(item)
            if kind is list or kind is dict:
                value[index] = _raised(item)
            elif kind is _Marker and index:
                raise ValueError("a marker that leads nothing")
        marker = value[0]
        if type(marker) is _Marker:
            del value[0]
            return marker.build(value)
    elif kind is dict:
        for key, item in value.items():
            kind = type(item)
            if kind is list or kind is dict:
                value[key] = _raised(item)
            elif kind is _Marker:
                raise ValueError("a marker that leads nothing")
    elif kind is _Marker:
        raise ValueError("a marker that leads nothing")
    return value


def _holds_unasked(value: object) -> bool:
    """Say whether the value holds, anywhere, what the serializer packs without asking."""
    level: list[Any] = [value] if type(value) in _CONTAINERS else [(value,)]
    while level:
        # One level at a time keeps the work in C: a cart is a list, its dicts, their scalars.
        within = [item.values() if type(item) is dict else item for item in level]
        kinds = set(map(type, chain.from_iterable(within)))
        if kinds <= _SCALARS:
            return False
        if not kinds.isdisjoint(_NEVER_ASKED):
            return True
        level = [item for item in chain.from_iterable(within) if type(item) in _CONTAINERS]
    return False


def _build_dict(items: list[Any]) -> dict[Any, Any]:
    pairs = iter(items)
    return dict(zip(pairs, pairs, strict=True))


def _pack_markup(text: Any) -> object:
    return [_MARKUP, str.__str__(text)]


def _build_markup(items: list[Any]) -> object:
    from markupsafe import Markup

    (text,) = items
    if type(text) is not str:
        raise ValueError("markup that is no string")
    return Markup(text)  # noqa: S704


_LEAVES: Final = DECODERS | RESTORERS
_TUPLE: Final = tags.MARKERS[tags.TUPLE]
_SET: Final = tags.MARKERS[tags.SET]
_FROZENSET: Final = tags.MARKERS[tags.FROZENSET]
_MARKUP: Final = tags.MARKERS[tags.MARKUP]
_REGISTERED: Final = tags.MARKERS[tags.REGISTERED]
