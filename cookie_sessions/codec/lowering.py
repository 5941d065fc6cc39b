"""The careful way to pack: walk the value, name the place of whatever can't be kept.

:mod:`~cookie_sessions.codec.values` takes it only when the fast way stumbles, and both give the
same octets.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
import uuid
from collections.abc import Callable
from typing import Any, Final

from cookie_sessions.codec import tags
from cookie_sessions.codec.leaves import Encoder
from cookie_sessions.codec.registered import RegisteredType
from cookie_sessions.errors import UsageError

MAX_DEPTH: Final = 255
"""How deep containers may nest: where the serializer itself ends."""

_NATIVE: Final = frozenset({type(None), bool, float, bytes})
_MAX_SHOWN: Final = 40
_MAX_STEPS: Final = 12


def _base_datetime(moment: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(_base_date(moment), moment.timetz())


def _base_date(day: dt.date) -> dt.date:
    return dt.date(day.year, day.month, day.day)


_TO_BASE: Final[dict[type, Callable[[Any], object]]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: lambda octets: bytes(memoryview(octets)),
    dt.datetime: _base_datetime,
    dt.date: _base_date,
    uuid.UUID: lambda identifier: uuid.UUID(int=identifier.int),
}


class Walker:
    """Turns one value into lists, dicts with string keys, scalars and extensions.

    Args:
        name: the key of the session that the value stands under; shown in errors.
        encoder_of: gives the function that packs leaves of a type, or None.
        registered: the application's types.
        sort_key: gives the octets of a lowered item, by which sets are put in order.
    """

    def __init__(
        self,
        *,
        name: object,
        encoder_of: Callable[[type], Encoder | None],
        registered: dict[type, RegisteredType],
        sort_key: Callable[[object], bytes],
    ) -> None:
        self._path = [] if name is None else [name]
        self._encoder_of = encoder_of
        self._registered = registered
        self._sort_key = sort_key
        self._depth = 0

    def lower(self, value: Any, *, as_key: bool = False) -> object:
        """Lower one value.

        Args:
            value: what is to be packed.
            as_key: whether it must be hashable when it is read again.

        Returns:
            What the serializer takes as it is.

        Raises:
            UsageError: it holds something that can't be kept; the message names the place.
        """
        kind = type(value)
        if kind in _NATIVE:
            return value
        registered = self._registered.get(kind)
        if registered is not None:
            return self._registered_value(registered, value)
        encoder = self._encoder_of(kind)
        if encoder is not None:
            return self._leaf(encoder, value)
        if kind is list or kind is dict or kind is set:
            if as_key:
                raise self._refusal(kind, "inside a key or a set, where values must be hashable")
            return self._container(value, kind)
        if kind is tuple:
            return self._container(value, tuple, as_key=as_key)
        if kind is frozenset:
            return self._container(value, frozenset)
        return self._as_flask_does(value, as_key=as_key)

    def too_deep(self) -> UsageError:
        """Say that the value nests deeper than the stack that is left."""
        return self._refusal(list, "nested deeper than the stack has room for")

    def _leaf(self, encoder: Encoder, value: object) -> object:
        try:
            return encoder(value)
        except Exception:  # noqa: BLE001 - a time zone of the application's may raise anything.
            raise self._refusal(type(value), "whose time zone or range can't be kept") from None

    def _container(self, value: Any, kind: type, *, as_key: bool = False) -> object:
        self._enter(kind)
        lowered: Any
        if kind is dict:
            lowered = self._dict(value)
        elif kind is list or kind is tuple:
            lowered = [] if kind is list else [tags.MARKERS[tags.TUPLE]]
            for index, item in enumerate(value):
                self._path.append(index)
                lowered.append(self.lower(item, as_key=as_key))
                self._path.pop()
        else:
            self._path.append(kind)
            items = [self.lower(item, as_key=True) for item in value]
            self._path.pop()
            marker = tags.MARKERS[tags.SET if kind is set else tags.FROZENSET]
            lowered = [marker, *sorted(items, key=self._sort_key)]
        self._depth -= 1
        return lowered

    def _enter(self, kind: type) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._refusal(kind, f"nested deeper than {MAX_DEPTH}, or inside itself")

    def _dict(self, value: dict[Any, Any]) -> Any:
        keys: list[object] = []
        items: list[object] = []
        for key, item in value.items():
            self._path.append(key)
            keys.append(self.lower(key, as_key=True))
            items.append(self.lower(item))
            self._path.pop()
        if all(type(key) is str for key in keys):
            lowered = dict(zip(keys, items, strict=True))
            if len(lowered) == len(keys):
                return lowered
            raise self._refusal(dict, "whose keys are one and the same once they are packed")
        pairs: list[object] = [tags.MARKERS[tags.DICT]]
        for pair in zip(keys, items, strict=True):
            pairs += pair
        return pairs

    def _registered_value(self, registered: RegisteredType, value: object) -> object:
        self._enter(type(value))
        try:
            inner = registered.to_value(value)
        except Exception as error:  # noqa: BLE001 - its message may hold the value.
            why = f"whose registered to_value failed with {type(error).__name__}"
            raise self._refusal(type(value), why) from None
        lowered = [tags.MARKERS[tags.REGISTERED], registered.name, self.lower(inner)]
        self._depth -= 1
        return lowered

    def _as_flask_does(self, value: Any, *, as_key: bool) -> object:
        """Lower what Flask's tagged JSON takes, as that makes of it."""
        for kind in (dict, tuple, list):
            if isinstance(value, kind):
                if as_key and kind is not tuple:
                    raise self._refusal(type(value), "inside a key or a set")
                return self._container(value, kind, as_key=as_key)
        if not isinstance(value, type) and callable(getattr(value, "__html__", None)):
            return self._markup(value)
        for base, to_base in _TO_BASE.items():
            if isinstance(value, base):
                return self.lower(to_base(value))
        decimal = sys.modules.get("decimal")
        if decimal is not None and isinstance(value, decimal.Decimal):
            return self.lower(decimal.Decimal(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type) and not as_key:
            fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            return self._container(fields, dict)
        raise self._refusal(type(value), "which sessions do not keep")

    def _markup(self, value: Any) -> object:
        self._enter(type(value))
        try:
            text = value.__html__()
        except Exception as error:  # noqa: BLE001 - its message may hold the value.
            why = f"whose __html__ failed with {type(error).__name__}"
            raise self._refusal(type(value), why) from None
        if not isinstance(text, str):
            raise self._refusal(type(value), "whose __html__ gives no string")
        self._depth -= 1
        return [tags.MARKERS[tags.MARKUP], self.lower(str.__str__(text))]

    def _refusal(self, kind: type, why: str) -> UsageError:
        named = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        return UsageError(
            f"{self._place()} holds a value of type {named} {why}. The session was not saved. "
            f"Store a value that sessions keep (numbers, strings, bytes, dates, Decimal, UUID, "
            f"lists, tuples, dicts, sets), or register the type with RegisteredType."
        )

    def _place(self) -> str:
        steps = "".join(f"[{shown(step)}]" for step in self._path[:_MAX_STEPS])
        return f"session{steps}{'...' if len(self._path) > _MAX_STEPS else ''}"


def shown(step: object) -> str:
    """A key as messages show it: short, on one line, and never what is no plain text or number."""
    if isinstance(step, type):
        return f"<item of a {step.__name__}>"
    if type(step) is int:
        return repr(step)
    if isinstance(step, str):
        text = str.__str__(step)
        return ascii(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "...").replace(
            "'", '"'
        )
    return f"<key of type {type(step).__name__}>"
