"""The key that seals the visitors' sessions, made when the shop first starts."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cookie_sessions.keys import new_jwk_set


def ensure_key_file(path: Path) -> None:
    """Make sure that `path` holds a key ring that only its owner can read (mode 0600).

    An existing file is left alone. The text is written beside it under another name and then
    linked into place, which fails where a file is: of several workers that start at once, one
    makes the key, and none ever reads half a file.

    Args:
        path: the file; its folder is made with mode 0700 if it is missing.

    Raises:
        OSError: the folder or the file can't be made.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(new_jwk_set())
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
