"""Files of stores that are not there yet, and that a command must not make."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cookie_sessions.stores.store import ExpiringStore

_SQLITE: Final = "sqlite:"


def absent_file(store: ExpiringStore) -> str | None:
    """The path of a SQLite store's file that is not there: asking it for an entry would make it.

    Args:
        store: of any kind.

    Returns:
        The path; None where the file is there, and for all other stores.
    """
    path = store.name.removeprefix(_SQLITE)
    return path if path != store.name and not os.path.lexists(path) else None
