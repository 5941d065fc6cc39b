"""Public names as text: one line each, the same under every Python that is supported.

Signatures are written from their parts, because what ``str`` makes of them differs between
versions. A base class, a mixin say, is told by the members that it gives.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import re
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, Final, ForwardRef

from tests.api.modules import MODULES

PACKAGE: Final = "cookie_sessions"

_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")
_SHOWN_MAGIC: Final = ("__init__", "__call__", "__enter__", "__exit__")
_UNWRITTEN: Final = (inspect.Parameter.empty, inspect.Signature.empty)


def describe(name: str) -> str:
    """Write down what is public in a module.

    Args:
        name: of the module, one of MODULES.

    Returns:
        The text, in the order of the names.
    """
    module = importlib.import_module(name)
    lines = [name, ""]
    for public in public_names(module):
        lines += _described(public, getattr(module, public))
    return "\n".join(lines) + "\n"


def public_names(module: ModuleType) -> list[str]:
    """The names that are promised of a module, in order."""
    named = MODULES[module.__name__] or getattr(module, "__all__", None)
    if named is None:
        constants = inspect.get_annotations(module)
        named = [
            name
            for name, value in vars(module).items()
            if not name.startswith("_")
            and (getattr(value, "__module__", None) == module.__name__ or name in constants)
        ]
    return sorted(named)


def _described(name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        return _class(name, value)
    if isinstance(value, FunctionType):
        return [f"def {name}{_signature(value)}"]
    return [f"{name} = {'(of the release)' if name == '__version__' else _value(value)}"]


def _class(name: str, value: type) -> list[str]:
    bases = [base.__name__ for base in value.__bases__ if _is_told(base)]
    lines = [f"class {name}({', '.join(bases)})" if bases else f"class {name}"]
    if issubclass(value, enum.Enum):
        return lines + [f"    {member.name} = {_value(member.value)}" for member in value]
    lines += [f"    {line}" for line in _fields(value)]
    for member in sorted(_members(value)):
        lines += [f"    {line}" for line in _member(member, _members(value)[member])]
    return lines


def _fields(value: type) -> Iterator[str]:
    """What a named tuple or a data class holds, in order."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if not field.name.startswith("_"):
                yield f"{field.name}: {_annotation(field.type)}{_default(field)}"
        return
    for field in getattr(value, "_fields", ()):
        default = vars(value)["_field_defaults"]
        has = f" = {_value(default[field])}" if field in default else ""
        yield f"{field}: {_annotation(inspect.get_annotations(value)[field])}{has}"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f" = {_value(field.default)}"
    return "" if field.default_factory is dataclasses.MISSING else " = made anew"


def _members(value: type) -> dict[str, Any]:
    """What a class has of its own and of its bases in this package, but for its fields."""
    found: dict[str, Any] = {}
    fields = {line.partition(":")[0] for line in _fields(value)}
    made = dataclasses.is_dataclass(value) or hasattr(value, "_fields")
    made = made or getattr(value, "_is_protocol", False)
    for base in reversed(value.__mro__):
        if not _is_ours(base):
            continue
        for name, member in vars(base).items():
            public = not name.startswith("_") or name in _SHOWN_MAGIC
            if public and name not in fields and not (made and name == "__init__"):
                found[name] = member
    return found


def _member(name: str, member: Any) -> list[str]:
    if isinstance(member, property):
        settable = " (settable)" if member.fset else ""
        return [f"{name} -> {_annotation(_returned(member.fget))}{settable}"]
    if isinstance(member, (staticmethod, classmethod)):
        kind = type(member).__name__
        return [f"@{kind} def {name}{_signature(member.__func__)}"]
    if isinstance(member, FunctionType):
        return [f"def {name}{_signature(member)}"]
    if inspect.isdatadescriptor(member):
        return [name]
    return [f"{name} = {_value(member)}"]


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    parts: list[str] = []
    last: inspect.Parameter | None = None
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not _opens_keywords(last):
            parts.append("*")
        elif last and last.kind is last.POSITIONAL_ONLY and parameter.kind is not last.kind:
            parts.append("/")
        parts.append(_parameter(parameter))
        last = parameter
    if last and last.kind is last.POSITIONAL_ONLY:
        parts.append("/")
    return f"({', '.join(parts)}) -> {_annotation(signature.return_annotation)}"


def _opens_keywords(parameter: inspect.Parameter | None) -> bool:
    return parameter is not None and parameter.kind in (
        parameter.KEYWORD_ONLY,
        parameter.VAR_POSITIONAL,
    )


def _parameter(parameter: inspect.Parameter) -> str:
    text = parameter.name
    if parameter.kind is parameter.VAR_POSITIONAL:
        text = f"*{text}"
    elif parameter.kind is parameter.VAR_KEYWORD:
        text = f"**{text}"
    if parameter.annotation not in _UNWRITTEN:
        text += f": {_annotation(parameter.annotation)}"
    if parameter.default not in _UNWRITTEN:
        text += f" = {_value(parameter.default)}"
    return text


def _annotation(annotation: Any) -> str:
    if annotation in _UNWRITTEN:
        return "unwritten"
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    if isinstance(annotation, str):
        return annotation
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", str(annotation))


def _returned(getter: Any) -> Any:
    return inspect.signature(getter).return_annotation


def _value(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, (frozenset, set)):
        return "{" + ", ".join(sorted(map(_value, value))) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(key)}: {_value(value[key])}" for key in value) + "}"
    if type(value) is object:
        return "..."
    if inspect.isclass(value):
        return value.__name__
    if type(value) in (str, int, float, bool, bytes, tuple, list, type(None)):
        return repr(value)
    if type(value).__module__.partition(".")[0] in ("typing", "types", "collections"):
        return _ADDRESS.sub("", re.sub(r"\b(?:[a-z_]\w*\.)+(\w+)", r"\1", str(value)))
    return f"a {type(value).__name__}"


def _is_told(base: type) -> bool:
    """Whether who catches or checks for a class by this base of it may go on doing so."""
    return base is not object and (not _is_ours(base) or issubclass(base, BaseException))


def _is_ours(value: type) -> bool:
    return value.__module__.partition(".")[0] == PACKAGE
