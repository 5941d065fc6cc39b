"""What a source of keys is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class KeySource(Protocol):
    """Reads a ring's text anew each time it is asked; caching and parsing are the provider's work.

    A source asks nobody for longer than a few seconds: a visitor may be waiting. It is safe under
    threads and after a fork. Its errors name it and what to do, and never what it read.
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


@runtime_checkable
class RingFile(KeySource, Protocol):
    """A source whose ring is a file of this machine, so that a command can write it."""

    @property
    def path(self) -> str:
        """The file's absolute path."""
        ...

    def as_stored(self, text: str) -> bytes:
        """What the file must hold so that ``read`` gives this text: the text, or it encrypted.

        Args:
            text: a JWK Set.

        Raises:
            ConfigurationError: the passphrase can't be had, or is too short.
            Unavailable: it can't be had at present.
        """
        ...
