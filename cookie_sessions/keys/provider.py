"""The ring that is in force in this process."""

from __future__ import annotations

import threading

from cookie_sessions.errors import ConfigurationError, CookieSessionsError
from cookie_sessions.keys.ring import KeyRing
from cookie_sessions.keys.source import KeySource


class KeyProvider:
    """Gives the ring of a source: read once, at its first use, and kept as long as the process.

    Safe under threads: the source is read by one of them, and all get the same ring. A read that
    fails is not kept, so the next call tries again. A ring that changes at its source is seen by a
    new process only.

    Args:
        source: where the ring is read from.
    """

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None

    def __repr__(self) -> str:
        return f"<KeyProvider {self._source.name}>"

    def ring(self) -> KeyRing:
        """The ring; an attribute look-up once it is loaded.

        Returns:
            The same object on each call.

        Raises:
            ConfigurationError: the ring could not be loaded; says what to do.
        """
        ring = self._ring
        if ring is not None:
            return ring
        with self._lock:
            if self._ring is None:
                self._ring = self._load()
            return self._ring

    def _load(self) -> KeyRing:
        try:
            return self._source.load()
        except CookieSessionsError as error:
            # The frames of a source hold what it read, and reporters of errors record the locals
            # of frames: the error goes on without them.
            raise error.with_traceback(None) from None
        except Exception as error:  # noqa: BLE001
            # What went wrong inside a source may hold key material: only its kind is passed on.
            fault = type(error).__name__
        raise ConfigurationError(
            f"The key source {self._source.name} failed with {fault}, so no session can be opened "
            f"or sealed. Correct the source, or configure file: or env: instead."
        )
