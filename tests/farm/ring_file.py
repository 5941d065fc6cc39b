"""A ring file as two kinds of tools replace it under a running application."""

from __future__ import annotations

import shutil
from pathlib import Path

NAME = "keys.json"


class RingFile:
    """``keys.json`` in a folder, readable by its owner alone.

    Args:
        folder: an empty folder.
        text: what the file holds at first.
    """

    def __init__(self, folder: Path, text: str) -> None:
        self.path = folder / NAME
        self._folder = folder
        self._versions = 0
        self.swap(text)
        self.path.symlink_to(f"..data/{NAME}")

    def swap(self, text: str) -> None:
        """Replace it as Kubernetes updates a mounted secret.

        The file is a link into ``..data``, itself a link to a folder that never changes; ``..data``
        is exchanged by one rename, and the former folder removed.
        """
        self._versions += 1
        data = self._folder / "..data"
        former = data.resolve() if data.is_symlink() else None
        version = self._folder / f"..version_{self._versions}"
        version.mkdir()
        _write(version / NAME, text)
        fresh = self._folder / "..data_tmp"
        fresh.symlink_to(version.name)
        fresh.replace(data)
        if former is not None:
            shutil.rmtree(former)

    def rename(self, text: str) -> None:
        """Replace it by a file that was written beside it, as programs do that save safely."""
        fresh = self._folder / f".{NAME}"
        _write(fresh, text)
        fresh.replace(self.path)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
