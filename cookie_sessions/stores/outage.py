"""How a store's failure is told: as Unavailable, and without what was to be stored."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from cookie_sessions.errors import ConfigurationError, Unavailable

P = ParamSpec("P")
R = TypeVar("R")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


S = TypeVar("S", bound=_Named)


def outages(
    *kinds: type[Exception], tell: Callable[[Exception], str]
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Make a method of a store raise Unavailable where its client raises something of its own.

    Reporters of errors record the locals of frames, and the frames of clients hold values, names
    and passwords. So what the method raises is a new error without the old one's frames or context,
    and the frame that raises it holds no argument any more. ValueError and ConfigurationError
    go on as they are, in the same way.

    Args:
        kinds: what the client raises where the server, the network or a file fails.
        tell: says in words what happened, from the error, without its text: that may hold anything.
            It ends without a full stop, and reads after "The store NAME ".

    Returns:
        A decorator for methods of classes that have a ``name``.
    """

    def decorate(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def guarded(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            refused: Exception
            try:
                return method(self, *args, **kwargs)
            except kinds as error:
                refused = Unavailable(f"The store {self.name} {tell(error)}.")
            except (ValueError, ConfigurationError, Unavailable) as error:
                refused = error.with_traceback(None)
            # The caller's own arguments stay in the caller's frame, which is not ours to clear.
            del args, kwargs
            refused.__context__ = None
            try:
                raise refused
            finally:
                # The error leads to this frame; without this the frame would lead to the error.
                del refused

        return guarded

    return decorate
