"""A program with all that it starts, in a process group of their own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path


class Group:
    """Processes that end together, whatever happens to the tests.

    Ctrl-C reaches only the tests, which then close what they opened as they always do.

    Args:
        command: the program and its arguments.
        log: the file that takes what the processes print.
        home: the folder that they take for the person's own; that person's where left out.
    """

    def __init__(self, command: Sequence[str], *, log: Path, home: Path | None = None) -> None:
        self.log = log
        with log.open("wb") as output:
            self._first = subprocess.Popen(
                command,
                env=os.environ | ({} if home is None else {"HOME": str(home)}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether the first process runs."""
        return self._first.poll() is None

    def printed(self) -> str:
        """What the processes have printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def end(self, *, ask: bool, patience: float) -> None:
        """Wait until the first process has gone, then kill what is left of the others.

        Args:
            ask: whether the first process is still to be told to end (SIGTERM).
            patience: seconds until it is killed too.
        """
        if ask:
            self._first.terminate()
        try:
            self._first.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self._first.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # Nobody is left, or only the dead that nobody has asked after.
            pass
        self._first.wait()
