"""Packages that are needed by one kind of source and installed with one extra."""

from __future__ import annotations

import importlib
from typing import Any

from cookie_sessions.errors import ConfigurationError


def load(module: str, *, extra: str, source: str) -> Any:
    """Import a module of an optional dependency.

    Args:
        module: its full name.
        extra: the extra of this package that installs it.
        source: the name of the source that needs it, for the error.

    Returns:
        The module.

    Raises:
        ConfigurationError: it can't be imported; says why, and what to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ConfigurationError(
            f"{source}: the package {package} can't be imported ({error}). Install it: "
            f"pip install 'cookie-sessions[{extra}]'."
        ) from error
