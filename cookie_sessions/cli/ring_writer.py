"""Writes the file of a ring so that nobody ever reads half of it and no change is lost."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from cookie_sessions.errors import ConfigurationError, Unavailable

PATIENCE_SECONDS: Final = 10.0
"""How long a command waits for another that changes the same ring."""

_PAUSE_SECONDS: Final = 0.02
_OWNER_ONLY: Final = 0o600
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class RingWriter:
    """Replaces a ring file whole, in one process at a time.

    Whoever reads it, and whenever this process is killed, the file holds what it held before or
    what was to be written. Its mode and owner are kept. Symbolic links are followed to the file
    that they name. Beside it stand, for the time of a change, ``.NAME.new`` and, for good,
    ``.NAME.lock``, which says who changed it last; what a killed process left behind is removed by
    the next change.

    Args:
        path: the file.
        patience: how long to wait for another process's change, in seconds.
        what: what the file holds, for the errors.
        mode: that of a file that is made.

    Attributes:
        path: the file that is written: the links are followed.

    Raises:
        ConfigurationError: the file belongs to a mounted Kubernetes volume.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        patience: float = PATIENCE_SECONDS,
        what: str = "ring",
        mode: int = _OWNER_ONLY,
    ) -> None:
        self.path = Path(os.path.realpath(path))
        self._patience = patience
        self._what = what
        self._mode = mode
        self._new = self.path.with_name(f".{self.path.name}.new")
        self._lock = self.path.with_name(f".{self.path.name}.lock")
        # Such a volume is a folder ..2030_01_31_..., to which a link ..data leads.
        if any(part.startswith("..") for part in self.path.parts):
            raise ConfigurationError(
                f"{path} is part of a mounted Kubernetes volume, which can only be read and is "
                f"changed elsewhere. Change a copy of it, and put that into the volume's source."
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all other commands from changing the file.

        Raises:
            Unavailable: another command has changed it for longer than the patience.
            ConfigurationError: nothing can be written beside the file.
        """
        descriptor = self._locked_descriptor()
        try:
            self._new.unlink(missing_ok=True)
            yield
        except OSError as error:
            self._fail(error)
        finally:
            # Closing gives the lock up, as the death of the process does.
            os.close(descriptor)

    def exists(self) -> bool:
        """Whether there is anything of that name."""
        return os.path.lexists(self.path)

    def create(self, octets: bytes) -> None:
        """Write a file that is not there yet, with the mode that was given; to be called locked.

        Raises:
            ConfigurationError: it is there already, or can't be written.
        """
        if self.exists():
            raise ConfigurationError(
                f"file:{self.path}: there is a file of that name, and what it holds would be lost. "
                f"Name another one, or move it away."
            )
        self._write(octets, like=None)

    def replace(self, octets: bytes) -> None:
        """Put octets in the place of the file's; to be called locked.

        Raises:
            ConfigurationError: it can't be written, or its owner can't be kept.
        """
        self._write(octets, like=self.path.stat())

    def _write(self, octets: bytes, *, like: os.stat_result | None) -> None:
        descriptor = os.open(
            self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, _OWNER_ONLY
        )
        try:
            try:
                while octets:
                    octets = octets[os.write(descriptor, octets) :]
                self._liken(descriptor, like)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._new.replace(self.path)
        except BaseException:
            self._new.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def _liken(self, descriptor: int, like: os.stat_result | None) -> None:
        if like is None:
            os.fchmod(descriptor, self._mode)
            return
        mine = os.fstat(descriptor)
        if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
            try:
                os.fchown(descriptor, like.st_uid, like.st_gid)
            except PermissionError:
                raise ConfigurationError(
                    f"file:{self.path}: this user may not give the file back to its owner "
                    f"(user {like.st_uid}, group {like.st_gid}), so the application could no "
                    f"longer read it. Nothing was changed. Run the command as that user."
                ) from None
        # Only now, so that the file is never open to the group of whoever runs the command.
        os.fchmod(descriptor, stat.S_IMODE(like.st_mode))

    def _sync_folder(self) -> None:
        try:
            descriptor = os.open(self.path.parent, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTSUP):
                # Such a file system keeps no folder that could be synced.
                return
            raise ConfigurationError(
                f"file:{self.path}: the change is made, but its folder could not be synced "
                f"({os.strerror(error.errno or 0)}), so a power failure may undo it. Look at the "
                f"disk."
            ) from None

    def _locked_descriptor(self) -> int:
        if os.name != "posix":
            raise ConfigurationError(
                f"file:{self.path}: this system has no flock, so a change could be lost to "
                f"another. Change the {self._what} on a POSIX system."
            )
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | _NO_LINKS, _OWNER_ONLY)
        except OSError as error:
            self._fail(error)
        try:
            self._own(descriptor)
            self._wait(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} on {os.uname().nodename}".encode(), 0)
        except OSError as error:
            os.close(descriptor)
            self._fail(error)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _own(self, descriptor: int) -> None:
        """Let root's lock file be one that the ring's owner can use too."""
        if os.geteuid() == 0 and os.fstat(descriptor).st_uid == 0:
            owner = (self.path if self.path.exists() else self.path.parent).stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)

    def _wait(self, descriptor: int) -> None:
        # Windows has no such module, and a ring can be read there but not changed.
        import fcntl

        pause = threading.Event()
        for _ in range(max(1, int(self._patience / _PAUSE_SECONDS))):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pause.wait(_PAUSE_SECONDS)
            else:
                return
        holder = os.pread(descriptor, 200, 0).decode(errors="replace") or "another process"
        raise Unavailable(
            f"file:{self.path}: {holder} has been changing it for more than {self._patience:g} "
            f"seconds. Nothing was changed. Look for that process, and try again."
        )

    def _fail(self, error: OSError) -> NoReturn:
        match error.errno:
            case errno.ENOENT | errno.ENOTDIR:
                mode = ", with mode 700," if self._mode == _OWNER_ONLY else ""
                remedy = f"Create the folder{mode} or correct the path"
            case errno.EACCES | errno.EPERM:
                remedy = f"Run the command as a user who may write in {self.path.parent}"
            case errno.EROFS:
                remedy = f"Change the {self._what} where it comes from, or name a file elsewhere"
            case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
                remedy = "Make room, and try again"
            case _:
                remedy = "Correct the cause, and try again"
        raise ConfigurationError(
            f"file:{self.path}: it can't be written ({os.strerror(error.errno or 0)}). Nothing was "
            f"changed. {remedy}."
        ) from None
