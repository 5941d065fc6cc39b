"""Registered types: the application's own where they are named, stand-ins for all others."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from typing import Any

from cookie_sessions.cli.report import printable
from cookie_sessions.codec import RegisteredType
from cookie_sessions.errors import ConfigurationError


class Unregistered:
    """A value of a registered type that is not known here, as what it was packed from.

    Args:
        name: the type's name in the cookie.
        inner: what the type's ``to_value`` gave.
    """

    __slots__ = ("inner", "name")

    def __init__(self, name: str, inner: Any) -> None:
        self.name = name
        self.inner = inner

    def __repr__(self) -> str:
        return f"<registered type {printable(self.name)}: {self.inner!r}>"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.inner == self.inner

    def __hash__(self) -> int:
        # What it was packed from may be a list, and the type itself stand in a set all the same.
        return hash(self.name)


def stand_in(name: str) -> RegisteredType:
    """A type for a name that nobody here has registered: what is read is written again the same.

    Args:
        name: the type's name in the cookie; any text.
    """
    # A class of its own, because a codec tells types by their class.
    kind = type("Unregistered", (Unregistered,), {"__slots__": ()})
    return RegisteredType(name, kind, lambda value: value.inner, lambda inner: kind(name, inner))


def types_of(place: str) -> tuple[RegisteredType, ...]:
    """The registered types that a module has.

    Args:
        place: ``module:attribute``; a RegisteredType, or several. The present folder counts as a
            place of modules, as for ``flask --app``.

    Raises:
        ConfigurationError: there is nothing of that kind. What the module says is not repeated.
    """
    module, colon, attribute = place.partition(":")
    if not colon or not module or not attribute:
        raise ConfigurationError(
            "Write --types MODULE:ATTRIBUTE, such as --types shop.types:TYPES."
        )
    if "" not in sys.path:
        # Last, so that no file of the folder stands in for a module of ours or of Python's.
        sys.path.append("")
    fault = None
    found: Any = None
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # noqa: BLE001 - it is the application's code.
        fault = type(error).__name__
    if fault is not None:
        raise ConfigurationError(
            f"The types of {module}:{attribute} can't be had: {fault}. Correct --types, or run the "
            f"command where the application runs."
        )
    if isinstance(found, RegisteredType):
        return (found,)
    several: list[Any] = list(found) if isinstance(found, Iterable) else []
    if several and all(isinstance(each, RegisteredType) for each in several):
        return tuple(several)
    raise ConfigurationError(
        f"{module}:{attribute} holds no RegisteredType. Name what COOKIE_SESSIONS_TYPES is set to."
    )
