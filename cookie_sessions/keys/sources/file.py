"""A ring in a file."""

from __future__ import annotations

import os
import stat
from typing import Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.ring_json import MAX_RING_OCTETS
from cookie_sessions.keys.sources.wrapping import is_wrapped

_OTHERS: Final = 0o077
_OTHERS_BUT_GROUP_READ: Final = 0o037
_OTHERS_BUT_READ: Final = 0o033

# Where a mounted secret is renewed, a path that was followed half can end in the folder that goes.
_TRIES: Final = 5


class FileSource:
    """A ring in a file, which must be closed to other users of the machine.

    One reading gives one version of the file, whole, if it is exchanged by renaming, as the
    commands do, or by moving a symbolic link on the way to it, as Kubernetes does.

    Args:
        path: the file, a JWK Set. A relative path counts from the directory in which the process
            is when the source is made.
        allow_group_read: also take a file that its group may read, as mounted secrets often are.
        allow_others_read: also take a file that every user of the machine may read. Each of them,
            and whatever breaks into any of their processes, can then forge every session.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        allow_group_read: bool = False,
        allow_others_read: bool = False,
    ) -> None:
        # pathlib is loaded by nothing else here, and every cold start would pay for it.
        self._path = os.path.abspath(path)  # noqa: PTH100
        if allow_others_read:
            self._forbidden, self._wanted = _OTHERS_BUT_READ, "644"
        elif allow_group_read:
            self._forbidden, self._wanted = _OTHERS_BUT_GROUP_READ, "640"
        else:
            self._forbidden, self._wanted = _OTHERS, "600"

    @property
    def name(self) -> str:
        """``file:`` and the absolute path."""
        return f"file:{self._path}"

    @property
    def path(self) -> str:
        """The absolute path."""
        return self._path

    def __repr__(self) -> str:
        return f"<FileSource {self.name}>"

    def stamp(self) -> object:
        """The file's number, size and times; a symbolic link is followed anew each time."""
        try:
            found = os.stat(self._path)  # noqa: PTH116
        except (OSError, ValueError):
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def read(self) -> bytes:
        """Read the file.

        Returns:
            Its octets, at most one more than ``MAX_RING_OCTETS``.

        Raises:
            ConfigurationError: the file is missing, can't be read, is no regular file, is open to
                others (on POSIX), or is encrypted.
        """
        octets = self.read_octets(MAX_RING_OCTETS)
        if is_wrapped(octets):
            raise ConfigurationError(
                f"{self.name}: this key ring is encrypted. Say where its passphrase is, as in "
                f"file:PATH?passphrase=env:NAME."
            )
        return octets

    def read_octets(self, limit: int) -> bytes:
        """Read whatever the file holds.

        Args:
            limit: how many octets it may have; at most one more is read.

        Raises:
            ConfigurationError: as for ``read``.
        """
        tries = 0
        while True:
            tries += 1
            try:
                with open(self._path, "rb", opener=_without_blocking) as file:
                    # The open file is asked, not its path, so nobody can exchange it in between.
                    self._check(os.fstat(file.fileno()).st_mode)
                    return file.read(limit + 1)
            except FileNotFoundError:
                fault = (
                    "there is no such file. Create it (cookie-sessions keys init), or correct the "
                    "path"
                )
                if tries < _TRIES and os.path.lexists(self._path):
                    continue
            except IsADirectoryError:
                fault = "this is a directory. Name the file in it"
            except PermissionError:
                fault = "this process may not read it. Make its user the owner (chown)"
            except OSError as error:
                fault = f"it can't be read ({os.strerror(error.errno or 0)}). Correct the path"
            except ValueError:
                fault = "the path holds a NUL. Correct it"
            raise ConfigurationError(f"{self.name}: {fault}.")

    def as_stored(self, text: str) -> bytes:
        """The text as UTF-8."""
        return text.encode()

    def _check(self, mode: int) -> None:
        if not stat.S_ISREG(mode):
            raise ConfigurationError(f"{self.name}: this is not a regular file. Name one.")
        if os.name == "posix" and mode & self._forbidden:
            raise ConfigurationError(
                f"{self.name}: its mode {stat.S_IMODE(mode):03o} lets other users at the keys. "
                f"Run: chmod {self._wanted} {self._path}. If others may have read it, use a new "
                f"key. A secret that was mounted for a group takes ?allow_group_read."
            )


def _without_blocking(path: str, flags: int) -> int:
    """Open a pipe without waiting for its writer; what the path names is seen once it is open."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
