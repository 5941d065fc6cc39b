"""Many visitors at once, in a process of their own: python -m tests.farm.herd PORT FIRST COUNT

It answers each line of its input with one that holds the number of its requests, until the input is
closed. Then every jar writes once more, and the last line is the tally.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from types import TracebackType
from typing import Any, Self

from tests.farm.connection import Connection
from tests.farm.jar import Jar, Tally
from tests.gunicorn_server import PATIENCE, ROOT

THREADS = 6
LOOK_SECONDS = 0.1


class Herd:
    """A process with visitors, as its parent sees it.

    Args:
        port: where the application is.
        first: the number of the first visitor.
        count: how many visitors.
    """

    def __init__(self, port: int, *, first: int, count: int) -> None:
        arguments = [str(port), str(first), str(count)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.farm.herd", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def requests(self) -> int:
        """How many requests have been answered by now.

        Raises:
            AssertionError: the process has ended.
        """
        assert self._process.stdin is not None
        try:
            print(file=self._process.stdin, flush=True)
        except BrokenPipeError:
            told = None
        else:
            told = self._told.get(timeout=PATIENCE)
        assert told is not None, "the visitors' process has failed; see its output"
        return int(told)

    def leave(self) -> None:
        """Tell the visitors to write once more and go; does not wait for that."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def tally(self) -> Tally:
        """Wait until they have gone, and say what their requests came to."""
        assert self._process.wait(PATIENCE) == 0, "the visitors' process has failed"
        self._reader.join()
        told: dict[str, Any] = self._told.get()
        counters: dict[str, Any] = {name: Counter(told[name]) for name in ("workers", "kids")}
        return Tally(**(told | counters))

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(json.loads(line))
        self._told.put(None)


def roam(port: int, tallies: list[Tally], *, first: int, leaving: threading.Event) -> Tally:
    """Have visitors make requests until told to leave; each by whichever connection is free.

    Args:
        port: where the application is.
        tallies: where the visitors count, each in its own.
        first: the number of the first visitor.
        leaving: set when they are to write once more and go.
    """
    jars = [Jar(first + number, tally) for number, tally in enumerate(tallies)]
    waiting: queue.SimpleQueue[Jar] = queue.SimpleQueue()
    for jar in jars:
        waiting.put(jar)
    connections = [Connection(port) for _ in range(THREADS)]
    failures: list[BaseException] = []

    def serve(connection: Connection) -> None:
        try:
            while not leaving.is_set():
                jar = waiting.get()
                jar.go_on(connection)
                waiting.put(jar)
        except BaseException as error:  # noqa: BLE001 - raised again below.
            failures.append(error)

    threads = [threading.Thread(target=serve, args=(each,)) for each in connections]
    for thread in threads:
        thread.start()
    while not leaving.wait(LOOK_SECONDS) and not failures:
        pass
    leaving.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    for jar, tally in zip(jars, tallies, strict=True):
        jar.write(connections[0])
        tally.kids[jar.kid] += 1
    for connection in connections:
        connection.close()
    retries = sum(connection.retries for connection in connections)
    return sum(tallies, Tally(retries=retries))


def main(arguments: list[str]) -> None:
    """Take the visitors' part until the input is closed."""
    port, first, count = map(int, arguments)
    leaving = threading.Event()
    tallies = [Tally() for _ in range(count)]

    def listen() -> None:
        for _ in sys.stdin:
            sys.stdout.write(f"{sum(tally.requests for tally in tallies)}\n")
            sys.stdout.flush()
        leaving.set()

    threading.Thread(target=listen, daemon=True).start()
    tally = roam(port, tallies, first=first, leaving=leaving)
    sys.stdout.write(json.dumps(vars(tally)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
