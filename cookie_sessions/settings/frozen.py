"""Values under names that never change: what a data class does, without making its code anew.

A data class or a named tuple writes its methods when it is imported, which for some sixty fields is
what a cold start would wait for longest.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Frozen:
    """To be derived from by a class that names each field with its type and default.

    Args:
        values: the fields that differ from their defaults.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _field_defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = [name for name in vars(cls).get("__annotations__", ()) if name in vars(cls)]
        cls._field_defaults = {**cls._field_defaults, **{name: vars(cls)[name] for name in own}}
        cls._fields = tuple(cls._field_defaults)

    def __init__(self, **values: Any) -> None:
        for name in values:
            if name not in self._field_defaults:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
        vars(self).update(values)

    def _replace(self, **changes: Any) -> Self:
        """The same values with some changed."""
        return type(self)(**{**vars(self), **changes})

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frozen) or type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} can't be changed; make another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} can't be changed; make another one")
