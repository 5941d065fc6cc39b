"""Where a ring is read from."""

from __future__ import annotations

import os
import re
import stat
from typing import Final, Protocol

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.jwk_set import MAX_RING_OCTETS

_OTHERS: Final = 0o077
_OTHERS_BUT_GROUP_READ: Final = 0o037
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class KeySource(Protocol):
    """Reads a ring's text anew each time it is asked; caching and parsing are the provider's work.

    A source asks nobody for longer than a few seconds: a visitor may be waiting.
    """

    @property
    def name(self) -> str:
        """What the source is called in messages; never holds a secret."""
        ...

    def stamp(self) -> object:
        """What differs when the ring may have changed, got without reading it; None: unknown.

        Never raises: where it can't be got it is None.
        """
        ...

    def read(self) -> bytes:
        """Read the JWK Set as it stands now.

        Raises:
            ConfigurationError: what was found must not be read, or is none.
            Unavailable: it can't be read at present.
        """
        ...


class FileSource:
    """A ring in a file, which must be closed to other users of the machine.

    Args:
        path: the file, a JWK Set. A relative path counts from the directory in which the process
            is when the source is made.
        allow_group_read: also take a file that its group may read, as mounted secrets often are.
    """

    def __init__(self, path: str | os.PathLike[str], *, allow_group_read: bool = False) -> None:
        # pathlib is loaded by nothing else here, and every cold start would pay for it.
        self._path = os.path.abspath(path)  # noqa: PTH100
        self._allow_group_read = allow_group_read

    @property
    def name(self) -> str:
        """``file:`` and the absolute path."""
        return f"file:{self._path}"

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
            ConfigurationError: the file is missing, can't be read, is no regular file, or is open
                to others (on POSIX).
        """
        try:
            with open(self._path, "rb", opener=_without_blocking) as file:
                # The open file is asked, not its path, so nobody can exchange it in between.
                self._check(os.fstat(file.fileno()).st_mode)
                return file.read(MAX_RING_OCTETS + 1)
        except FileNotFoundError:
            fault = "there is no such file. Create it with a new key, or correct the path"
        except IsADirectoryError:
            fault = "this is a directory. Name the file in it"
        except PermissionError:
            fault = "this process may not read it. Make its user the owner (chown)"
        except OSError as error:
            fault = f"it can't be read ({os.strerror(error.errno or 0)}). Correct the path"
        except ValueError:
            fault = "the path holds a NUL. Correct it"
        raise ConfigurationError(f"{self.name}: {fault}.")

    def _check(self, mode: int) -> None:
        if not stat.S_ISREG(mode):
            raise ConfigurationError(f"{self.name}: this is not a regular file. Name one.")
        forbidden = _OTHERS_BUT_GROUP_READ if self._allow_group_read else _OTHERS
        if os.name == "posix" and mode & forbidden:
            wanted = "640" if self._allow_group_read else "600"
            raise ConfigurationError(
                f"{self.name}: its mode {stat.S_IMODE(mode):03o} lets other users at the keys. "
                f"Run: chmod {wanted} {self._path}. If others may have read it, use a new key."
            )


class EnvironmentSource:
    """A ring in an environment variable, as text of a JWK Set.

    Args:
        variable: the variable's name: letters, digits and underscores.

    Raises:
        ConfigurationError: this is not the name of a variable.
    """

    def __init__(self, variable: str) -> None:
        if not _VARIABLE.fullmatch(variable):
            raise ConfigurationError(
                "The key source names no environment variable (its text is not repeated here, as "
                "it may be a key). Give the name of a variable that holds the keys, such as "
                "env:SESSION_KEYS."
            )
        self._variable = variable

    @property
    def name(self) -> str:
        """``env:`` and the variable's name."""
        return f"env:{self._variable}"

    def __repr__(self) -> str:
        return f"<EnvironmentSource {self.name}>"

    def stamp(self) -> object:
        """The variable's text, hashed."""
        return hash(os.environ.get(self._variable))

    def read(self) -> bytes:
        """Read the variable.

        Returns:
            Its text as UTF-8.

        Raises:
            ConfigurationError: the variable is not set or empty.
        """
        text = os.environ.get(self._variable, "")
        if not text:
            raise ConfigurationError(
                f"{self.name}: the variable is not set, or empty. Set it to a JWK Set."
            )
        return text.encode("utf-8", "surrogateescape")


def _without_blocking(path: str, flags: int) -> int:
    """Open a pipe without waiting for its writer; what the path names is seen once it is open."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def source_from_url(url: str) -> KeySource:
    """The source that a setting such as COOKIE_SESSIONS_KEYS names. Nothing is read yet.

    Args:
        url: ``file:/absolute/path``, ``file:relative/path`` (taken as it stands, nothing is
            percent-decoded) or ``env:NAME``.

    Returns:
        The source.

    Raises:
        ConfigurationError: the scheme is unknown, or nothing follows it.
    """
    scheme, _, rest = url.partition(":")
    match scheme.lower():
        case "file" if rest.startswith("//") and not rest.startswith("///"):
            raise ConfigurationError(
                "The key source is a file on another host. Write file:/path for a file of this one."
            )
        case "file" if rest:
            return FileSource(rest[2:] if rest.startswith("///") else rest)
        case "env":
            return EnvironmentSource(rest)
        case _:
            raise ConfigurationError(
                "The key source is of no known kind (its text is not repeated here, as it may be "
                "a key). Write file:/path/of/the/ring.json or env:NAME_OF_A_VARIABLE."
            )
