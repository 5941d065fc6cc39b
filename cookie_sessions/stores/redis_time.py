"""One time-out for all that a question to a Redis waits for: connecting, signing in, the answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from redis.connection import AbstractConnection

from cookie_sessions.stores.time_out import Countdown

if TYPE_CHECKING:
    _Connection = AbstractConnection
else:
    _Connection = object


class ThreadCountdown(threading.local, Countdown):
    """A countdown of each thread's own, as each is in a question of its own."""


class _Counting(_Connection):
    """Before a connection of redis-py, has each of its waits end when the countdown does.

    Attributes:
        countdown: the question's.
        share: the part of the whole time-out that one wait may take at most.
    """

    countdown: Countdown
    share: float

    @property
    def socket_connect_timeout(self) -> float:
        """For each address of the host's name."""
        return self.countdown.for_connecting(share=self.share)

    @socket_connect_timeout.setter
    def socket_connect_timeout(self, value: float | None) -> None:
        """What is set stays without effect."""

    @property
    def socket_timeout(self) -> float:
        """For what the making of a connection waits for after that."""
        return self.countdown.left(share=self.share)

    @socket_timeout.setter
    def socket_timeout(self, value: float | None) -> None:
        """What is set stays without effect."""

    def send_packed_command(self, *arguments: Any, **options: Any) -> None:
        self._hurry()
        super().send_packed_command(*arguments, **options)  # type: ignore[no-untyped-call]

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        self._hurry()
        return super().read_response(*arguments, **options)

    def _hurry(self) -> None:
        sock: Any = self._sock
        if sock is not None:
            sock.settimeout(self.socket_timeout)


def count_down(pool: Any, countdown: Countdown, *, share: float = 1) -> None:
    """Have the connections of a pool go by a countdown; they are made anew if they did not.

    Args:
        pool: one of redis-py's.
        countdown: the question's.
        share: the part of the whole time-out that one wait may take at most.
    """
    if issubclass(pool.connection_class, _Counting):
        return
    pool.disconnect()
    pool.connection_class = type(
        "Counting", (_Counting, pool.connection_class), {"countdown": countdown, "share": share}
    )
    pool.reset()
