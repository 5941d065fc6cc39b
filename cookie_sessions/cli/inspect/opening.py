"""A session opened to be looked at: its claims, and its values as kinds and octets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Any, NamedTuple

from cookie_sessions.anatomy import Sealed, ValuePart, take_apart
from cookie_sessions.claims import Claims
from cookie_sessions.cli.inspect.types import Unregistered, stand_in
from cookie_sessions.codec import Codec, Dictionaries, Reference, RegisteredType, Wire
from cookie_sessions.codec.glance import dictionary_of, registered_names
from cookie_sessions.codec.lowering import shown
from cookie_sessions.errors import ConfigurationError, Reason, Rejected
from cookie_sessions.keys import KeyRing
from cookie_sessions.policy.timeouts import Timeouts
from cookie_sessions.sealer import Place, open_text

HIDDEN = "(secret, never shown)"

_CONTAINERS = (dict, list, tuple, set, frozenset)


class Value(NamedTuple):
    """One value of a session, as it is told of.

    Attributes:
        key: the session's key: a text itself, any other as error messages show it.
        kind: its type and, of a container, how many it holds; no part of the value.
        part: its octets.
        dictionary: the number or name of the dictionary that it was compressed with, or None.
        text: the value as Python writes it, where it was asked for and may be shown; else None.
    """

    key: str
    kind: str
    part: ValuePart
    dictionary: int | str | None
    text: str | None

    def __repr__(self) -> str:
        return f"<Value of type {self.kind}>"


class Contents(NamedTuple):
    """What an opened session is.

    Attributes:
        claims: what it says of itself.
        sealed: the octets of its parts.
        values: its values, in the order of the session.
        refusal: why a server refuses it all the same, as far as this is known without a list of
            ended sessions and without its client; or None.
    """

    claims: Claims
    sealed: Sealed
    values: tuple[Value, ...]
    refusal: Reason | None

    def __repr__(self) -> str:
        return f"<Contents of {len(self.values)} values>"


class Lens:
    """Opens sealed texts of one application.

    Args:
        ring: its keys.
        place: where the texts were found.
        types: its registered types, as far as they are known.
        secret_names: keys of the session whose values are never shown.
        dictionaries: the application's own, or None.
        timeouts: when its sessions end; None where that is not known.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        place: Place,
        types: Iterable[RegisteredType],
        secret_names: Iterable[str],
        dictionaries: Dictionaries | None = None,
        timeouts: Timeouts | None,
    ) -> None:
        self._ring = ring
        self._place = place
        self._types = tuple(types)
        self._secret_names = frozenset(secret_names)
        self._dictionaries = dictionaries
        self._timeouts = timeouts

    def open(self, text: str, *, now: float, values: bool) -> Contents:
        """Open one text; nothing is changed, fetched or reported anywhere.

        Args:
            text: the joined text.
            now: seconds since the epoch.
            values: whether values are to be shown.

        Raises:
            Rejected: it does not open.
            ConfigurationError: the registered types contradict each other.
        """
        opened = open_text(text, ring=self._ring, place=self._place, now=now)
        octets, wires = self._codec().load_payload(opened.plaintext)
        claims = Claims.from_octets(octets)
        codec = self._codec_for(wires)
        sealed = take_apart(codec, octets, wires)
        told = tuple(
            self._value(codec, name, wire, part, values=values)
            for (name, wire), part in zip(wires.items(), sealed.values, strict=True)
        )
        refusal = self._refusal(claims, sealed_at=opened.head.sealed_at, now=now)
        return Contents(claims, sealed, told, refusal)

    def _codec(self, more: Iterable[RegisteredType] = ()) -> Codec:
        return Codec(
            types=(*self._types, *more),
            secret_names=self._secret_names,
            dictionaries=self._dictionaries,
        )

    def _codec_for(self, wires: Mapping[Any, Wire]) -> Codec:
        """A codec that also reads the registered types which the session holds and nobody named."""
        plain = self._codec()
        found = frozenset().union(*[registered_names(plain, wire) for wire in wires.values()])
        more = [stand_in(name) for name in sorted(found - {known.name for known in self._types})]
        return self._codec(each for each in more if _may_be_registered(each))

    def _value(
        self, codec: Codec, name: Any, wire: Wire, part: ValuePart, *, values: bool
    ) -> Value:
        kind, text = "undecodable", None
        if part.stored is not None and Reference.of(wire) is not None:
            kind = "in the store"
        else:
            try:
                value = codec.from_wire(wire)
                kind = _kind(value)
                if values:
                    text = HIDDEN if part.secret else _written(value)
            except Rejected:
                # Its kind says so, and a server leaves it as it is.
                pass
        key = name if type(name) is str else shown(name)
        return Value(key, kind, part, dictionary_of(wire), text)

    def _refusal(self, claims: Claims, *, sealed_at: int, now: float) -> Reason | None:
        if not self._ring.revoked.isdisjoint(claims.former_kids):
            return Reason.KEY_REVOKED
        if self._timeouts is not None:
            return self._timeouts.verdict(claims, sealed_at=sealed_at, now=now)
        return Reason.EXPIRED_IDLE if int(now) > claims.until else None


def _may_be_registered(entry: RegisteredType) -> bool:
    try:
        Codec(types=(entry,))
    except ConfigurationError:
        return False
    return True


def _kind(value: object) -> str:
    if isinstance(value, Unregistered):
        return f"registered type {value.name}"
    name = "None" if value is None else type(value).__name__
    # The length of an application's type is that type's own code.
    if type(value) in _CONTAINERS and isinstance(value, Sized):
        return f"{name} of {len(value)}"
    return name


def _written(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a type of the application's may say anything.
        return f"(can't be shown: its repr failed with {type(error).__name__})"
