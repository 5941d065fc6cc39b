"""Threads that interrupt one another as often as the interpreter can make them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

SWITCH_INTERVAL = 1e-6
"""Seconds between two switches; the interpreter's default is 5 ms."""


def run_together(work: Callable[[Any], None], arguments: Iterable[Any]) -> list[BaseException]:
    """Call ``work`` with each argument in a thread of its own, all at once.

    Args:
        work: what each thread does.
        arguments: one for each thread.

    Returns:
        What the threads raised.
    """
    raised: list[BaseException] = []

    def guarded(argument: Any) -> None:
        try:
            work(argument)
        except BaseException as error:  # noqa: BLE001 - the caller asserts that there is none.
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(argument,)) for argument in arguments]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return raised
