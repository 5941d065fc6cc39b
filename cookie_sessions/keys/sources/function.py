"""A ring that the application fetches itself."""

from __future__ import annotations

import contextvars
from collections.abc import Callable

from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.keys.sources.deadline import Deadline


class FunctionSource:
    """A ring that a function gives.

    The function is called in each process every few minutes, in a thread of its own that has the
    context variables of whoever needs the ring (Flask's ``current_app`` among them). What it has
    not answered within five seconds can't be had at present. Nor can it after a ``TimeoutError``, a
    ``ConnectionError`` or ``Unavailable``. Of other errors only their kind is passed on, since they
    may hold keys.

    Args:
        function: called without arguments; returns a JWK Set as ``str`` or ``bytes``.
    """

    def __init__(self, function: Callable[[], str | bytes]) -> None:
        self._function: Callable[[], object] = function
        self._deadline = Deadline(self.name)

    @property
    def name(self) -> str:
        """``function:`` and the module and name of the function, or of its type."""
        named = self._function if hasattr(self._function, "__qualname__") else type(self._function)
        return f"function:{getattr(named, '__module__', '?')}.{named.__qualname__}"

    def __repr__(self) -> str:
        return f"<FunctionSource {self.name}>"

    def stamp(self) -> object:
        """None: only a call tells whether the ring changed."""
        return None

    def read(self) -> bytes:
        """Call the function.

        Returns:
            What it returned, text as UTF-8.

        Raises:
            ConfigurationError: it failed, or returned something else or nothing.
            Unavailable: it could not reach what it asks.
        """
        context = contextvars.copy_context()
        return self._deadline.run(lambda: context.run(self._read))

    def _read(self) -> bytes:
        error: CookieSessionsError
        try:
            return self._call()
        except CookieSessionsError as ours:
            error = ours
        except (TimeoutError, ConnectionError) as fault:
            error = Unavailable(
                f"{self.name}: it failed with {type(fault).__name__}. Try again later."
            )
        except Exception as fault:  # noqa: BLE001 - whatever it is, it may hold keys.
            error = ConfigurationError(
                f"{self.name}: it failed with {type(fault).__name__}. Call it by hand to see why."
            )
        # The frames and the errors before it could hold what was read.
        error.__cause__ = error.__context__ = None
        raise error.with_traceback(None)

    def _call(self) -> bytes:
        text = self._function()
        if not isinstance(text, str | bytes):
            raise ConfigurationError(
                f"{self.name}: it returned {type(text).__name__}. Return a JWK Set as str or bytes."
            )
        if not text:
            raise ConfigurationError(f"{self.name}: it returned nothing. Return a JWK Set.")
        return text.encode() if isinstance(text, str) else text
