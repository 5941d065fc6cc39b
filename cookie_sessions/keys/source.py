"""Where a ring is read from."""

from __future__ import annotations

import os
import re
import stat
from typing import Final, Protocol

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.jwk_set import MAX_RING_OCTETS, parse_jwk_set
from cookie_sessions.keys.ring import KeyRing

_OTHERS: Final = 0o077
_OTHERS_BUT_GROUP_READ: Final = 0o037
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class KeySource(Protocol):
    """Reads a ring anew each time it is asked; caching is the provider's work."""

    @property
    def name(self) -> str:
        """What the source is called in messages; never holds a secret."""
        ...

    def load(self) -> KeyRing:
        """Read the ring as it stands now.

        Raises:
            ConfigurationError: what was read is no ring, or must not be read.
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

    def load(self) -> KeyRing:
        """Read the file.

        Returns:
            The ring.

        Raises:
            ConfigurationError: the file is missing, can't be read, is no regular file, is open to
                others (on POSIX), or holds no ring.
        """
        return parse_jwk_set(self._read(), origin=self.name)

    def _read(self) -> bytes:
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

    def load(self) -> KeyRing:
        """Read the variable.

        Returns:
            The ring.

        Raises:
            ConfigurationError: the variable is not set, is empty or holds no ring.
        """
        text = os.environ.get(self._variable, "")
        if not text:
            raise ConfigurationError(
                f"{self.name}: the variable is not set, or empty. Set it to a JWK Set."
            )
        return parse_jwk_set(text, origin=self.name)


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
