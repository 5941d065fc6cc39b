"""The end of waiting for somebody else's server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable

SECONDS: Final = 5.0
"""How long one reading may take in all, from the first look-up of a name to the last octet."""

_MOST_LATE: Final = 3


class Deadline:
    """Runs calls that ask a server, and waits for each a few seconds and no longer.

    Time-outs of client libraries count from octet to octet and from try to try, and some look-ups
    have none, so their sum has no bound. Each call has a thread of its own; one that comes late is
    left alone to end by those time-outs, and what it brings is dropped. No more than three may be
    late at a time. The thread also keeps the frames of the client libraries, which hold the answer,
    away from the errors that go on. Where no thread can be had, a call is made without.

    Args:
        name: the name of the source, for the errors.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._late: tuple[_Call, ...] = ()

    def run(self, function: Callable[[], bytes]) -> bytes:
        """Call a function that asks a server.

        Returns:
            What it returned.

        Raises:
            CookieSessionsError: as the function did, without its frames and causes.
            ConfigurationError: it raised anything else.
            Unavailable: it did not end in time.
        """
        self._late = tuple(call for call in self._late if call.is_alive())
        if len(self._late) >= _MOST_LATE:
            raise Unavailable(f"{self._name}: earlier calls have not been answered yet.")
        call = _Call(function, self._name)
        try:
            call.start()
        except RuntimeError:
            # No thread can be had: then the time-outs of the client libraries have to do.
            call.run()
        else:
            call.join(SECONDS)
        if call.is_alive():
            self._late = (*self._late, call)
            raise Unavailable(f"{self._name}: there was no answer within {SECONDS:g} seconds.")
        if call.error is not None:
            raise call.error
        return call.result


class _Call(threading.Thread):
    """One call; its repr does not show what it brought."""

    def __init__(self, function: Callable[[], bytes], name: str) -> None:
        super().__init__(name="cookie_sessions key source", daemon=True)
        self._function = function
        self._source = name
        self.result = b""
        self.error: CookieSessionsError | None = None

    def run(self) -> None:
        try:
            self.result = self._function()
        except CookieSessionsError as error:
            error.__cause__ = error.__context__ = None
            self.error = error.with_traceback(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hold keys.
            self.error = ConfigurationError(
                f"{self._source}: its client library failed with {type(error).__name__}. Look at "
                f"how it is configured."
            )
