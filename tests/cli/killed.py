"""Kills ``keys rotate`` at every line and call of its writing, and at any other moment.

python -m tests.cli.killed FOLDER HOW_OFTEN_AT_RANDOM

Prints, as JSON, how many runs were killed and what the ring was after them. Each run is a fork of
this process, so nothing is loaded anew.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from cookie_sessions.cli import ring_writer
from cookie_sessions.cli.commands import program
from cookie_sessions.errors import CookieSessionsError
from cookie_sessions.keys import State, parse_jwk_set

Prepare = Callable[[], None]
LINE = ["keys", "rotate", "--now"]


class Trial:
    """One ring that is rotated and killed again and again.

    Args:
        folder: where the ring is.
    """

    def __init__(self, folder: Path) -> None:
        self._ring = folder / "ring.json"
        os.environ["COOKIE_SESSIONS_KEYS"] = f"file:{self._ring}"
        self._run(_nothing, ["keys", "init", "--longest-session", "31d", "--rotate-every", "90d"])
        self._old = self._ring.read_bytes()
        self.outcomes: Counter[str] = Counter()

    def at(self, prepare: Prepare, *, delay: float | None = None) -> bool:
        """Rotate with a process that kills itself, or is killed after so many seconds.

        Returns:
            Whether it was killed; else it had ended before.
        """
        self._ring.write_bytes(self._old)
        killed = self._run(prepare, LINE, delay=delay) == -signal.SIGKILL
        outcome = self._outcome()
        self._run(_nothing, ["keys", "rotate"])
        left = {path.name for path in self._ring.parent.iterdir()}
        if left - {"ring.json", ".ring.json.lock"}:
            outcome = f"left {sorted(left)}"
        if killed:
            self.outcomes[outcome] += 1
        elif outcome != "new":
            self.outcomes[f"not killed, and {outcome}"] += 1
        return killed

    def duration(self) -> float:
        """How long an undisturbed rotation takes, in seconds."""
        self._ring.write_bytes(self._old)
        began = time.monotonic()
        self._run(_nothing, LINE)
        return time.monotonic() - began

    def _outcome(self) -> str:
        found = self._ring.read_bytes()
        if found == self._old:
            return "old"
        try:
            keys = parse_jwk_set(found, origin="the ring")
        except CookieSessionsError:
            return "neither"
        old = parse_jwk_set(self._old, origin="the ring").entries
        states = keys.resolve(time.time()).states
        whole = keys.entries[:-1] == old and states[keys.entries[-1].kid] is State.PENDING
        mode = self._ring.stat().st_mode & 0o777
        return "new" if whole and mode == 0o600 else "neither"

    def _run(self, prepare: Prepare, line: list[str], *, delay: float | None = None) -> int:
        child = os.fork()
        if not child:
            status = 70
            try:
                silent = os.open(os.devnull, os.O_WRONLY)
                os.dup2(silent, 1)
                os.dup2(silent, 2)
                prepare()
                program(line, standalone_mode=True)
            except SystemExit as end:
                status = int(end.code or 0)
            finally:
                os._exit(status)
        if delay is not None:
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def before_line(number: int) -> Prepare:
    """Die before the so many-th line that the writer of rings executes."""

    def prepare() -> None:
        left = [number]

        def in_line(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
            return in_line

        def in_call(frame: FrameType, event: str, argument: Any) -> Any:
            return in_line if frame.f_code.co_filename == ring_writer.__file__ else None

        threading.settrace(in_call)
        sys.settrace(in_call)

    return prepare


def in_the_middle_of_a_write(share: float) -> Prepare:
    """Die when so much of the text is in the file."""

    def prepare() -> None:
        real = os.write

        def half(descriptor: int, octets: Any) -> int:
            if not octets.startswith(b"{"):
                return real(descriptor, octets)
            real(descriptor, octets[: int(len(octets) * share)])
            os.kill(os.getpid(), signal.SIGKILL)
            return 0

        os.write = half

    return prepare


def after_call(owner: Any, name: str, number: int) -> Prepare:
    """Die right after the so many-th call of a function."""

    def prepare() -> None:
        real = getattr(owner, name)
        left = [number]

        def called(*arguments: Any, **options: Any) -> Any:
            result = real(*arguments, **options)
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(owner, name, called)

    return prepare


CALLS = (
    *((os, name) for name in ("open", "write", "fchmod", "fsync", "close", "ftruncate", "pwrite")),
    *((Path, name) for name in ("unlink", "replace", "stat")),
)


def main(folder: Path, moments: int) -> None:
    """Kill and look, and print what was found."""
    trial = Trial(folder)
    lines = 0
    while trial.at(before_line(lines + 1)):
        lines += 1
    calls = 0
    for owner, name in CALLS:
        number = 1
        while trial.at(after_call(owner, name, number)):
            number += 1
        calls += number - 1
    for percent in range(0, 100, 10):
        trial.at(in_the_middle_of_a_write(percent / 100))
    whole = min(trial.duration() for _ in range(3))
    dice = random.Random(4)
    at_random = 0
    while at_random < moments:
        at_random += trial.at(_nothing, delay=dice.uniform(0, whole))
    found = {"lines": lines, "calls": calls, "random": at_random, **trial.outcomes}
    sys.stdout.write(json.dumps(found))


def _nothing() -> None:
    pass


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
