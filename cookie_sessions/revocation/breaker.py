"""Keeps an outage short for visitors: one time-out, and then nobody waits for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.events import EventName, Events

REST_SECONDS: Final = (1.0, 2.0, 5.0)
"""How long nobody is asked after the first failure, the second, and each later one."""

_T = TypeVar("_T")


class Breaker:
    """Asks, unless what is asked has just failed to answer.

    After a failure every call is Unavailable at once for a rest. Then one call tries, while the
    others go on not waiting; if it succeeds, all is as before. So an outage costs each request
    that is under way when it begins one time-out, and after that one request per rest.

    Needs no lock: two threads that end a rest at the same moment both try. It may be used after a
    fork.

    Args:
        name: what is asked, for messages.
        events: told when it fails, and when it answers again; None: nobody is.
    """

    def __init__(self, name: str, events: Events | None) -> None:
        self._name = name
        self._events = events
        self._failures = 0
        self._rests_until = 0.0

    @property
    def rests(self) -> bool:
        """Whether a call would be Unavailable without asking."""
        # A clock that was set back must not make the rest longer.
        return bool(self._failures) and 0 < self._rests_until - clock.now() <= REST_SECONDS[-1]

    def refuse(self) -> Unavailable:
        """What is raised while it rests."""
        return Unavailable(
            f"{self._name} did not answer a moment ago, and is asked again in a few seconds."
        )

    def call(self, ask: Callable[[], _T]) -> _T:
        """What ``ask`` returns.

        Raises:
            Unavailable: it raised that, or rests.
        """
        known = self._failures
        if known:
            self._try_again()
        try:
            answer = ask()
        except Unavailable:
            self._fail(known)
            raise
        if self._failures:
            self._failures = 0
            if self._events is not None:
                self._events.emit(EventName.REVOCATIONS_BACK)
        return answer

    def _try_again(self) -> None:
        if self.rests:
            raise self.refuse()
        # Whoever comes while this call is under way does not wait for it.
        self._rests_until = clock.now() + self._rest()

    def _fail(self, known: int) -> None:
        # Of those that were under way together the first one counts.
        if self._failures == known:
            self._failures += 1
        self._rests_until = clock.now() + self._rest()
        if self._events is not None:
            self._events.emit(EventName.REVOCATIONS_DOWN)

    def _rest(self) -> float:
        return REST_SECONDS[min(max(self._failures, 1), len(REST_SECONDS)) - 1]
