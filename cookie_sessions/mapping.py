"""The whole surface of a dict, over the few operations that a session implements."""

from __future__ import annotations

from collections.abc import (
    ItemsView,
    Iterator,
    KeysView,
    Mapping,
    MutableMapping,
    ValuesView,
)
from typing import Any, Final, NoReturn, Self

from cookie_sessions.errors import UsageError

_MISSING: Final = object()


class _Keys(KeysView[Any]):
    def __reversed__(self) -> Iterator[Any]:
        return iter([*self][::-1])


class _Values(ValuesView[Any]):
    def __reversed__(self) -> Iterator[Any]:
        return iter([*self][::-1])


class _Items(ItemsView[Any, Any]):
    def __reversed__(self) -> Iterator[tuple[Any, Any]]:
        return iter([*self][::-1])


class DictSurface(MutableMapping[str, Any]):
    """What a dict can do beyond :class:`collections.abc.MutableMapping`, and what a session can't.

    Copies are plain dicts, and pickling is refused: both would carry data out of the session.
    """

    def __reversed__(self) -> Iterator[Any]:
        return iter([*self][::-1])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def keys(self) -> _Keys:
        """The keys, as they are at the time of looking."""
        return _Keys(self)

    def values(self) -> _Values:
        """The values, as they are at the time of looking."""
        return _Values(self)

    def items(self) -> _Items:
        """The pairs, as they are at the time of looking."""
        return _Items(self)

    def __or__(self, other: object) -> dict[Any, Any]:
        return dict(self) | dict(other) if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: object) -> dict[Any, Any]:
        return dict(other) | dict(self) if isinstance(other, Mapping) else NotImplemented

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc]
        self.update(other)
        return self

    def copy(self) -> dict[Any, Any]:
        """A plain dict of the values, not copied themselves."""
        return dict(self)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        from copy import deepcopy

        return deepcopy(dict(self), memo)

    def __sentry_repr__(self) -> str:
        # Sentry takes apart every mapping among the locals of a frame, unless it is told not to.
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise UsageError(
            "A session can't be pickled: it would carry its data out of its seal. Copy what you "
            "need with dict(session)."
        )

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self.__reduce__()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value of ``key``, stored as ``default`` first where there is none."""
        if key not in self:
            self[key] = default
        return self.get(key, default)

    def pop(self, key: Any, default: Any = _MISSING) -> Any:
        """Remove ``key`` and return its value, or ``default`` where there is none."""
        if key in self:
            value = self[key]
            del self[key]
            return value
        if default is _MISSING:
            raise KeyError(key)
        return default

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return the pair that was stored last."""
        for key in self.__reversed__():
            return key, self.pop(key)
        raise KeyError("popitem(): the session is empty")
