"""Objects of somebody's modules, by the names that configurations have for them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from cookie_sessions.errors import ConfigurationError


def loaded(name: str, *, what: str) -> object:
    """Import a module, and give what a name in it stands for.

    Args:
        name: ``module:name`` or ``module.name``, found from the current folder.
        what: it is, for the error.

    Raises:
        ConfigurationError: there is no such module, or no such name in it.
    """
    module, _, attribute = name.replace(":", ".").rpartition(".")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"The {what} {name} can't be loaded ({type(error).__name__}). Name it as module:name, "
            f"in the folder from which the module can be imported."
        ) from None
