"""Types that an application teaches the codec, each under a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from cookie_sessions.codec.leaves import ENCODERS, LATE_ENCODERS
from cookie_sessions.errors import ConfigurationError

MAX_NAME_OCTETS: Final = 64
_OURS: Final = frozenset(
    {*ENCODERS, bool, float, bytes, bytearray, memoryview, list, tuple, dict, set, frozenset}
    | {type(None), object}
)
_OURS_BY_PLACE: Final = frozenset({*LATE_ENCODERS, ("markupsafe", "Markup")})


class RegisteredType:
    """A type of the application that sessions keep.

    The name is what stands in the cookie, never a module path: the type may move or be renamed.
    Only this exact type is packed so, no subclass.

    Attributes:
        name: short and stable, at most 64 octets; shared by every instance that reads the cookies.
        type: the class whose instances it is for.
        to_value: turns an instance into a value that sessions keep: a list, a dict, a string ...
        from_value: turns that value back; whatever it raises makes the value undecodable.

    Example:
        ``RegisteredType("money", Money, lambda m: [m.amount, m.currency], lambda v: Money(*v))``
    """

    __slots__ = ("from_value", "name", "to_value", "type")

    def __init__(
        self,
        name: str,
        type: type,  # noqa: A002 - what it is.
        to_value: Callable[[Any], object],
        from_value: Callable[[Any], object],
    ) -> None:
        self.name = name
        self.type = type
        self.to_value = to_value
        self.from_value = from_value

    def __repr__(self) -> str:
        return f"<RegisteredType {self.name!r} of {self.type.__qualname__}>"


def by_name(types: Iterable[RegisteredType]) -> dict[str, RegisteredType]:
    """Index registered types by name; ConfigurationError where a name or a type is no good."""
    known: dict[str, RegisteredType] = {}
    for entry in types:
        _check(entry)
        if entry.name in known or any(entry.type is other.type for other in known.values()):
            raise ConfigurationError(
                f"The name {entry.name!r} or the type {entry.type.__qualname__} is registered "
                f"twice, so reading would be ambiguous. Register each name and each type once."
            )
        known[entry.name] = entry
    return known


def _check(entry: RegisteredType) -> None:
    octets = len(entry.name.encode("utf-8", "replace"))
    if not 1 <= octets <= MAX_NAME_OCTETS or not entry.name.isprintable():
        raise ConfigurationError(
            f"The name {entry.name[:MAX_NAME_OCTETS]!r} of a registered type stands in every "
            f"cookie that holds one. Choose 1 to {MAX_NAME_OCTETS} printable octets."
        )
    place = entry.type.__module__, entry.type.__qualname__
    if entry.type in _OURS or place in _OURS_BY_PLACE:
        raise ConfigurationError(
            f"{entry.type.__qualname__} has a form of its own in sessions, so it can't be "
            f"registered. Register your own class."
        )
