"""Processes forked from the tests, all let go at once, and what they answer."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections.abc import Callable

PATIENCE = 180
"""Seconds after which a process that does not end is killed by its alarm."""


def in_processes(work: Callable[[int], bytes], count: int) -> list[bytes]:
    """Call ``work`` with 0, 1, 2 ... in a forked process each, at the same time.

    Args:
        work: what each process does; its answer is shorter than a pipe's 64 KiB.
        count: how many processes.

    Returns:
        The answers, in order.

    Raises:
        AssertionError: one of them raised, was killed, or took longer than :data:`PATIENCE`.
    """
    gate, opener = os.pipe()
    answers: list[int] = []
    children: list[int] = []
    for number in range(count):
        answer, teller = os.pipe()
        child = fork()
        if child == 0:
            os.close(opener)
            _live_and_die(work, number, gate, teller)
        os.close(teller)
        answers.append(answer)
        children.append(child)
    os.close(gate)
    os.close(opener)
    told = [_read(answer) for answer in answers]
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert ends == [0] * count, f"processes ended with {ends}"
    return told


def fork() -> int:
    """``os.fork`` while other tests' threads may run, which Python warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _live_and_die(work: Callable[[int], bytes], number: int, gate: int, teller: int) -> None:
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE)
        os.read(gate, 1)
        os.write(teller, work(number))
    except BaseException:  # noqa: BLE001 - the copy of a test must not go on as a test.
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _read(answer: int) -> bytes:
    with open(answer, "rb") as pipe:
        return pipe.read()
