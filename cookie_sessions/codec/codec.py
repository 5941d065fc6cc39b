"""Values to octets and back, and all of a session's values with its claims to one plaintext."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ormsgpack import OPT_NON_STR_KEYS, Ext, packb, unpackb

from cookie_sessions.codec import payload
from cookie_sessions.codec.compress import (
    ESCAPE,
    MAX_VALUE_OCTETS,
    NAME_OCTETS,
    Dictionaries,
    Dictionary,
)
from cookie_sessions.codec.lowering import shown
from cookie_sessions.codec.names import DEFAULT_SECRET_NAMES
from cookie_sessions.codec.payload import Wire
from cookie_sessions.codec.reference import references_of
from cookie_sessions.codec.registered import RegisteredType
from cookie_sessions.codec.shrink import MIN_CHARACTERS, may_shrink, shrink_text, shrink_tree
from cookie_sessions.codec.table import to_tables
from cookie_sessions.codec.values import Packer
from cookie_sessions.errors import Reason, Rejected, UsageError

_SIGN: Final = bytes((ESCAPE,))
_FIRST_NAMED: Final = 0x80
_MIN_COMPRESSED: Final = 20
_SCALAR, _STRING, _LEAF, _OTHER = range(4)
_INLINE_TYPES: Final = frozenset({type(None), bool, float})
_PLAIN: Final = frozenset({type(None), bool, int, float, str})
_BUILT_IN: Final = Dictionary()


def _form(first: int) -> int:
    if first < 0x80 or first >= 0xE0 or first in (0xC0, 0xC2, 0xC3) or 0xCA <= first <= 0xD3:
        return _SCALAR
    if 0xA0 <= first <= 0xBF or 0xD9 <= first <= 0xDB:
        return _STRING
    if 0xC7 <= first <= 0xC9 or 0xD4 <= first <= 0xD8:
        return _LEAF
    return _OTHER


_FORMS: Final = bytes(_form(first) for first in range(256))


class Steps:
    """What one value takes after each step on its way into the payload, in octets.

    Attributes:
        packed: as MessagePack, before anything is saved; None where it can't be unpacked here.
        shrunk: after lossless shrinking; None where it can't be decompressed here.
        compressed: after compression, which is skipped where it saves nothing.
        entry: as it stands in the payload, with its key and the length before it.
    """

    __slots__ = ("compressed", "entry", "packed", "shrunk")

    def __init__(self, packed: int | None, shrunk: int | None, compressed: int, entry: int) -> None:
        self.packed = packed
        self.shrunk = shrunk
        self.compressed = compressed
        self.entry = entry


class Codec:
    """Turns what applications store into octets and back, exactly; safe under threads.

    Values are packed one by one, so that compression never sees two of them together and a value
    is unpacked only when it is read.

    Args:
        types: the application's own types.
        secret_names: keys of the session whose values are never compressed.
        dictionaries: those of the operator's, or None.
    """

    def __init__(
        self,
        *,
        types: Iterable[RegisteredType] = (),
        secret_names: Iterable[str] = DEFAULT_SECRET_NAMES,
        dictionaries: Dictionaries | None = None,
    ) -> None:
        self._packer = Packer(types)
        self._secret_names = frozenset(secret_names)
        self._dictionaries = {_BUILT_IN.number: _BUILT_IN}
        self._trained = dictionaries

    def pack(self, value: object, *, name: object = None) -> bytes:
        """Pack one value; equal octets mean the same value, whatever the process.

        Args:
            value: what the application stored.
            name: the key it stands under in the session; shown in errors.

        Returns:
            Its MessagePack octets, neither shrunk nor compressed.

        Raises:
            UsageError: it holds something that sessions don't keep; names place and type.
        """
        return self._packer.pack(value, name=name)

    def to_wire(self, name: object, value: object, packed: bytes) -> Wire:
        """Make a packed value as small as it gets without loss.

        Args:
            name: the key of the session that it stands under.
            value: what was packed.
            packed: what :meth:`pack` gave for it.

        Returns:
            The value as it stands in the payload.
        """
        kind = type(value)
        if kind in _INLINE_TYPES:
            return value  # type: ignore[return-value]
        if kind is str and len(packed) <= MIN_CHARACTERS and packed[0] & 0xE0 == 0xA0:
            return value  # type: ignore[return-value]
        form = _FORMS[packed[0]]
        if form == _SCALAR:
            return value if kind is int else unpackb(packed)  # type: ignore[return-value]
        if form == _STRING:
            return self._string_to_wire(name, unpackb(packed), packed)
        if form == _LEAF:
            return unpackb(packed, ext_hook=Ext)  # type: ignore[no-any-return]
        tree = shrink_tree(packed) if may_shrink(packed) else None
        if name not in self._secret_names:
            table = to_tables(value if tree is None else tree)
            tree = tree if table is None else table
        segment = packed if tree is None else self._packed_tree(tree, packed)
        return self._compressed(name, segment)

    def from_wire(self, wire: Wire) -> Any:
        """Restore a value.

        Args:
            wire: the value as it stands in the payload.

        Returns:
            A value equal in type and content to what was packed, new on each call.

        Raises:
            Rejected: ``undecodable``, whatever is wrong with it.
        """
        if type(wire) in _PLAIN:
            return wire
        try:
            if type(wire) is bytes:
                if wire[0] == ESCAPE:
                    wire = self._decompressed(wire)
                return self._packer.unpack(wire)
            if type(wire) is Ext:
                return self._packer.unpack(packb(wire))
        except Exception:  # noqa: BLE001, S110 - sealed octets may be another release's: no crash.
            # Refused below, so that what went wrong, which may tell the value, is not its context.
            pass
        raise Rejected(Reason.UNDECODABLE)

    def dump_payload(self, claims: bytes, wires: Mapping[object, Wire]) -> bytes:
        """Write claims and values as the plaintext that is sealed; see :mod:`.payload`."""
        return payload.dump(claims, wires, self._packer.pack_key)

    def with_claims(self, plaintext: bytes, claims: bytes) -> bytes:
        """The same plaintext with other claims; the values are copied as they stand.

        Args:
            plaintext: what :meth:`dump_payload` wrote.
            claims: the packed claims, 1 to 255 octets.
        """
        return payload.with_claims(plaintext, claims)

    def sizes(self, wires: Mapping[Any, Wire], *, stored: bool = False) -> list[tuple[str, int]]:
        """How many octets each key with its value takes, largest first.

        Args:
            wires: each value as it stands in the payload, by key.
            stored: count what is kept elsewhere, and only that; else what stands in the cookie.

        Returns:
            Pairs of the key and its octets, those of the cookie after base64url.
        """
        if stored:
            octets = {key: reference.octets for key, reference in references_of(wires).items()}
        else:
            octets = {
                key: -(-self._entry_octets(key, wire) * 4 // 3) for key, wire in wires.items()
            }
        sizes = [(shown(key).strip('"'), size) for key, size in octets.items()]
        return sorted(sizes, key=lambda row: row[1], reverse=True)

    def steps(self, name: object, wire: Wire) -> Steps:
        """What a value takes after each step, told by how it stands in the payload.

        Args:
            name: the key of the session that it stands under.
            wire: the value as it stands in the payload.

        Returns:
            The octets after each step, the steps of another release or dictionary included.
        """
        packed = shrunk = None
        try:
            packed = len(self.pack(self.from_wire(wire)))
            shrunk = len(self._segment(wire))
        except (Rejected, UsageError):
            pass
        compressed = len(wire if type(wire) is bytes else packb(wire, None, OPT_NON_STR_KEYS))
        return Steps(packed, shrunk, compressed, self._entry_octets(name, wire))

    @property
    def dictionary(self) -> Dictionary:
        """The dictionary that values are compressed with now."""
        trained = None if self._trained is None else self._trained.written()
        return _BUILT_IN if trained is None else trained

    def segment(self, name: object, wire: Wire) -> bytes | None:
        """The octets of a value as they are given to the compressor.

        Args:
            name: the key of the session that it stands under.
            wire: the value as it stands in the payload.

        Returns:
            None where it is none of the compressor's: it is too short, secret, kept elsewhere, or
            can't be read here.
        """
        if name in self._secret_names or type(wire) not in (str, bytes):
            return None
        try:
            segment = self._segment(wire)
        except Exception:  # noqa: BLE001 - sealed octets may be another release's: no crash.
            return None
        return segment if _MIN_COMPRESSED <= len(segment) <= MAX_VALUE_OCTETS else None

    def repacked(self, wires: Mapping[Any, Wire]) -> Mapping[Any, Wire]:
        """The same values without those dictionaries that are withdrawn.

        Args:
            wires: the values as they stand in the payload.

        Returns:
            What was given, where no value uses one of them.
        """
        if self._trained is None or not self._trained.withdrawn:
            return wires
        changed = dict(wires)
        for name, wire in wires.items():
            if self._is_withdrawn(wire):
                segment = self.segment(name, wire)
                # What can't be read here is copied as it stands.
                if segment is not None:
                    changed[name] = self._compressed(name, segment)
        return changed if changed != wires else wires

    def without_withdrawn(self, plaintext: bytes) -> bytes:
        """As :meth:`repacked`, of a whole plaintext."""
        if self._trained is None or not self._trained.withdrawn:
            return plaintext
        claims, wires = self.load_payload(plaintext)
        changed = self.repacked(wires)
        return plaintext if changed is wires else self.dump_payload(claims, changed)

    def is_secret(self, name: object) -> bool:
        """Whether the value under this key of the session is never compressed."""
        return name in self._secret_names

    def load_payload(self, plaintext: bytes) -> tuple[bytes, dict[object, Wire]]:
        """Read the plaintext of a session.

        Args:
            plaintext: what :meth:`dump_payload` wrote.

        Returns:
            The packed claims, and each value as it stands in the payload, by key, in order.

        Raises:
            Rejected: ``undecodable``, whatever is wrong with it.
        """
        try:
            return payload.load(plaintext, self._packer.unpack)
        except Exception:  # noqa: BLE001 - as for single values.
            raise Rejected(Reason.UNDECODABLE) from None

    def _entry_octets(self, key: object, wire: Wire) -> int:
        return len(self.dump_payload(b"-", {key: wire})) - len(self.dump_payload(b"-", {}))

    def _segment(self, wire: Wire) -> bytes:
        """The octets of a readable value before they were compressed."""
        if type(wire) is not bytes:
            return packb(wire)
        return self._decompressed(wire) if wire[0] == ESCAPE else wire

    def _is_withdrawn(self, wire: Wire) -> bool:
        assert self._trained is not None
        return (
            type(wire) is bytes
            and wire[:1] == _SIGN
            and wire[1 : 1 + NAME_OCTETS] in self._trained.withdrawn
        )

    def _decompressed(self, wire: bytes) -> bytes:
        # Where there is no dictionary of that number or name, this fails like a damaged frame.
        if wire[1] < _FIRST_NAMED or self._trained is None:
            return self._dictionaries[wire[1]].decompress(wire[2:])
        head = 1 + NAME_OCTETS
        return self._trained.named[wire[1:head]].decompress(wire[head:])

    def _string_to_wire(self, name: object, text: str, packed: bytes) -> Wire:
        if len(text) < MIN_CHARACTERS:
            return text
        short = shrink_text(text)
        if type(short) is Ext:
            return short
        if short is not None:
            return self._compressed(name, self._packed_tree(short, packed))
        segment = self._compressed(name, packed)
        header = 2 if len(segment) < 256 else 3
        return segment if header + len(segment) < len(packed) else text

    def _packed_tree(self, tree: Any, packed: bytes) -> bytes:
        try:
            return self._packer.pack_lowered(tree)
        except TypeError:
            # The JSON in a token nests too deep, or rows hold what only the careful way packs.
            return packed

    def _compressed(self, name: object, segment: bytes) -> bytes:
        if not _MIN_COMPRESSED <= len(segment) <= MAX_VALUE_OCTETS or name in self._secret_names:
            return segment
        dictionary = self.dictionary
        frame = dictionary.compress(segment)
        sign = dictionary.sign
        return sign + frame if len(sign) + len(frame) < len(segment) else segment
