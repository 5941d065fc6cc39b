"""Where rings are read from. Each kind is loaded at its first use: a cold start has one of them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cookie_sessions.keys.sources.environment import EnvironmentSource
    from cookie_sessions.keys.sources.file import FileSource
    from cookie_sessions.keys.sources.function import FunctionSource
    from cookie_sessions.keys.sources.source import KeySource, RingFile
    from cookie_sessions.keys.sources.url import source_from_url, source_of
    from cookie_sessions.keys.sources.wrapping import unwrap, wrap

__all__ = [
    "EnvironmentSource",
    "FileSource",
    "FunctionSource",
    "KeySource",
    "RingFile",
    "source_from_url",
    "source_of",
    "unwrap",
    "wrap",
]

_LATER: Final = {
    "environment": ("EnvironmentSource",),
    "file": ("FileSource",),
    "function": ("FunctionSource",),
    "source": ("KeySource", "RingFile"),
    "url": ("source_from_url", "source_of"),
    "wrapping": ("unwrap", "wrap"),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
