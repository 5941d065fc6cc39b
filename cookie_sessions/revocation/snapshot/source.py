"""Where a snapshot is fetched from: a folder, or a web server."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from typing import IO, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.revocation.snapshot.fault import Fault, SnapshotRefused
from cookie_sessions.revocation.snapshot.token import MAX_OCTETS

_CHUNK: Final = 65_536
_LOCAL: Final = re.compile(r"127(?:\.\d{1,3}){3}|localhost|::1")


class Fetched(NamedTuple):
    """A token, as it was found.

    Attributes:
        octets: the token; None: it is the one that was fetched before.
        version: what tells it from others, to be given back with the next question.
    """

    octets: bytes | None
    version: str


class Source(Protocol):
    """A place that has a snapshot.

    Attributes:
        name: what it is called in messages; never holds a password.
    """

    name: str

    def token(self, version: str) -> Fetched:
        """The token, unless it is still the one of this version.

        Raises:
            SnapshotRefused: ``unreachable`` or ``too_large``.
        """
        ...

    def table(self, file: str, into: IO[bytes], *, most: int) -> None:
        """Copy the other file.

        Args:
            file: its name.
            into: where it is copied to.
            most: the octets that it may have; no more are kept.

        Raises:
            SnapshotRefused: ``unreachable`` or ``too_large``.
        """
        ...


def source_from_url(place: str) -> Source:
    """The source that stands behind ``snapshot:``. Nothing is fetched yet.

    Args:
        place: ``https://host/path/revocations.jwt``, ``file:/path/revocations.jwt``, or for tests
            ``http://`` with an address of this machine.

    Raises:
        ConfigurationError: it is none of these. The message does not repeat it.
    """
    if place.startswith("file:") and not place.startswith("file://"):
        path = place.removeprefix("file:")
        if path and "\0" not in path:
            return SnapshotFolder(path)
    if place.startswith(("https://", "http://")) and is_fit(place):
        # A function that reads a mounted folder need not load a web client.
        from cookie_sessions.revocation.snapshot.site import SnapshotSite

        return SnapshotSite(place)
    raise ConfigurationError(
        "The place of the snapshot can't be used (it is not repeated here). Write "
        "snapshot:https://host/path/revocations.jwt, without a password, or "
        "snapshot:file:/path/revocations.jwt."
    )


def is_fit(url: str) -> bool:
    """Whether a URL may be asked: over TLS, or on this machine; and without a password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    # Anything else would have to be quoted, and http.client refuses it.
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and bool(_LOCAL.fullmatch(host)))


def copy(read: Callable[[int], bytes], write: Callable[[bytes], object], *, most: int) -> None:
    """Copy to the end, if that comes in time.

    Args:
        read: gives at most as many octets as it is asked for, and none at the end.
        write: takes them.
        most: how many there may be; one more is read and not written.

    Raises:
        SnapshotRefused: there are more.
    """
    left = most
    while octets := read(min(_CHUNK, left + 1)):
        left -= len(octets)
        if left < 0:
            raise SnapshotRefused(Fault.TOO_LARGE)
        write(octets)


class SnapshotFolder:
    """A snapshot in a folder of this machine.

    Args:
        path: the token's file. A relative path counts from the directory in which the process is
            now.
    """

    def __init__(self, path: str) -> None:
        self._path = os.path.abspath(path)  # noqa: PTH100
        self.name = f"file:{self._path}"

    def __repr__(self) -> str:
        return f"<SnapshotFolder {self.name}>"

    def token(self, version: str) -> Fetched:
        """As :meth:`Source.token`."""
        octets = bytearray()
        try:
            with open(self._path, "rb", opener=_without_blocking) as file:
                # The open file is asked, not its path, so nobody can exchange it in between.
                present = _version(os.fstat(file.fileno()))
                if present == version:
                    return Fetched(None, version)
                copy(file.read, octets.extend, most=MAX_OCTETS)
        except OSError:
            raise SnapshotRefused(Fault.UNREACHABLE) from None
        return Fetched(bytes(octets), present)

    def table(self, file: str, into: IO[bytes], *, most: int) -> None:
        """As :meth:`Source.table`."""
        path = os.path.join(os.path.dirname(self._path), file)  # noqa: PTH118, PTH120
        try:
            with open(path, "rb", opener=_without_blocking) as found:
                _version(os.fstat(found.fileno()))
                copy(found.read, into.write, most=most)
        except OSError:
            raise SnapshotRefused(Fault.UNREACHABLE) from None


def _version(found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        raise SnapshotRefused(Fault.UNREACHABLE)
    times = (found.st_mtime_ns, found.st_ctime_ns)
    return " ".join(map(str, (found.st_dev, found.st_ino, found.st_size, *times)))


def _without_blocking(path: str, flags: int) -> int:
    """Open a pipe without waiting for its writer; what the path names is seen once it is open."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
