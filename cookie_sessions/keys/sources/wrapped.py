"""A ring in a file that is encrypted."""

from __future__ import annotations

from cookie_sessions.errors import CookieSessionsError
from cookie_sessions.keys.sources.file import FileSource
from cookie_sessions.keys.sources.source import KeySource
from cookie_sessions.keys.sources.wrapping import MAX_WRAPPED_OCTETS, unwrap, wrap


class WrappedFileSource:
    """A ring in a file that is encrypted under a passphrase, which comes from elsewhere.

    Each reading asks for the passphrase anew and derives a key from it, some tenth of a second of
    work. That protects a copy of the file: a backup, an image, a repository. It does not protect
    from who can read both, as this process can.

    Args:
        file: the file.
        passphrase: where the passphrase is; a line end behind it does not count.
    """

    def __init__(self, file: FileSource, *, passphrase: KeySource) -> None:
        self._file = file
        self._passphrase = passphrase

    @property
    def name(self) -> str:
        """``file:`` and the absolute path."""
        return self._file.name

    @property
    def path(self) -> str:
        """The absolute path."""
        return self._file.path

    def __repr__(self) -> str:
        return f"<WrappedFileSource {self.name} passphrase={self._passphrase.name}>"

    def stamp(self) -> object:
        """The file's; a passphrase does not change without it."""
        return self._file.stamp()

    def read(self) -> bytes:
        """Read the file and decrypt it.

        Raises:
            ConfigurationError: the file or the passphrase can't be read, is not encrypted, or was
                encrypted under another passphrase.
            Unavailable: the passphrase can't be had at present.
        """
        try:
            return unwrap(
                self._file.read_octets(MAX_WRAPPED_OCTETS), self._read(), origin=self.name
            )
        except CookieSessionsError as error:
            # The frames in which it was raised hold the passphrase.
            raise error.with_traceback(None) from None

    def as_stored(self, text: str) -> bytes:
        """The text encrypted under the passphrase as it is now, each time under another key.

        Raises:
            ConfigurationError: the passphrase can't be read, or is too short.
            Unavailable: it can't be had at present.
        """
        try:
            return wrap(text, self._read())
        except CookieSessionsError as error:
            # This frame holds the ring.
            del text
            raise error.with_traceback(None) from None

    def _read(self) -> bytes:
        return self._passphrase.read().rstrip(b"\r\n")
