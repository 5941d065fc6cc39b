"""``python -m benchmarks threads``: opening and sealing in one to eight threads of one process.

Under the lock of the interpreter threads take turns, so at best they cost nothing; a free-threaded
build is measured too where one is found that can import what it needs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.floor import Product
from benchmarks.noise import verdict
from benchmarks.publication import ROOT, Report
from benchmarks.shapes import one_shape
from benchmarks.tables import table, times
from benchmarks.timing import Spread, ratios, turns

COUNTS: Final = (1, 2, 4, 8)
OPEN, SEAL, AGAIN = "open", "seal", "open, again"

_SHAPE: Final = "cart"
_FREE: Final = ("python3.14t", "python3.13t")
_LIBRARIES: Final = "import cryptography, flask, ormsgpack, zstandard"


@dataclass(frozen=True, slots=True)
class Throughput:
    """How much a number of threads does.

    Attributes:
        what: ``open`` or ``seal``; ``open, again`` is the control.
        threads: how many.
        times: seconds for one session, round by round: the more threads at once, the fewer.
    """

    what: str
    threads: int
    times: Sequence[float]


def report(*, count: int, seconds: float) -> Report:
    """Measure all numbers of threads, and say it.

    Args:
        count: number of rounds.
        seconds: how long each number of threads runs in a round.
    """
    found = measure(count=count, seconds=seconds)
    by_name = {(one.what, one.threads): one.times for one in found}
    noise = Spread.of(ratios(by_name[AGAIN, 1], by_name[OPEN, 1]))
    figures = table(["threads", *_titles()], list(_rows(found)))
    told = verdict(noise, what="opening in one thread", rounds=count)
    quote = "\n\n".join([figures, told, _free_threaded(count=count, seconds=seconds)])
    text = [
        "# In threads",
        *machine.describe(),
        (
            f"Sessions of the shape {_SHAPE} opened, and packed and sealed, by all together: "
            f"thousands a second, and how many times one thread's number that is."
        ),
        quote,
    ]
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"threads": quote},
        figures={"threads": [asdict(one) for one in found], "threads_noise": asdict(noise)},
    )


def measure(*, count: int, seconds: float) -> list[Throughput]:
    """Every number of threads, in turn."""
    product = Product()
    samples = one_shape(_SHAPE).samples
    sessions = [{"_permanent": True, **sample} for sample in samples]
    texts = [product.seal(session) for session in sessions]
    calls: dict[str, Callable[[int], object]] = {
        OPEN: lambda number: product.open(texts[number % len(texts)]),
        SEAL: lambda number: product.seal(sessions[number % len(sessions)]),
    }
    cases = [(what, threads) for what in calls for threads in COUNTS]
    found: dict[tuple[str, int], list[float]] = {case: [] for case in [*cases, (AGAIN, 1)]}
    for number in range(count):
        for what, threads in turns(list(found), number):
            call = calls[OPEN if what == AGAIN else what]
            found[what, threads].append(_seconds_each(call, threads, seconds))
    return [Throughput(what, threads, taken) for (what, threads), taken in found.items()]


def _seconds_each(call: Callable[[int], object], threads: int, seconds: float) -> float:
    """Seconds for one call, by so many threads together."""
    done = [0] * threads
    begin = threading.Barrier(threads + 1)
    over = threading.Event()

    def work(place: int) -> None:
        begin.wait()
        number = 0
        while not over.is_set():
            call(number)
            number += 1
        done[place] = number

    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    begin.wait()
    start = time.perf_counter()
    time.sleep(seconds)
    over.set()
    for worker in workers:
        worker.join()
    return (time.perf_counter() - start) / max(sum(done), 1)


def _titles() -> Iterator[str]:
    for what in (OPEN, SEAL):
        yield f"{what}, 1,000/s"
        yield "times one thread's"


def _rows(found: Sequence[Throughput]) -> Iterator[list[str]]:
    by_name = {(one.what, one.threads): one.times for one in found}
    for threads in COUNTS:
        row = [str(threads)]
        for what in (OPEN, SEAL):
            rate = Spread.of(1e-3 / taken for taken in by_name[what, threads])
            more = Spread.of(ratios(by_name[what, 1], by_name[what, threads]))
            row += [f"{rate.middle:.1f}", times(more)]
        yield row


def _free_threaded(*, count: int, seconds: float) -> str:
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        # Interpreters before 3.13 can't be asked, and all have the lock.
        has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()
        but = ", but an extension has switched its lock on" if has_lock else ""
        return f"This build of Python is free-threaded{but}."
    found = [Path(path) for name in _FREE if (path := shutil.which(name))]
    if not found:
        return (
            f"Free-threaded: not measured, for there is no {' or '.join(_FREE)} here. Where there "
            f"is one, make a virtual environment of it with the group bench and run this there."
        )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    python = found[0]
    can = subprocess.run(
        [python, "-c", _LIBRARIES], capture_output=True, env=environment, check=False
    )
    if can.returncode:
        last = can.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return f"Free-threaded: not measured, for {found[0].name} lacks what we need ({last})."
    program = "import json; from benchmarks import machine, threads; "
    program += f"quoted = threads.report(count={count}, seconds={seconds}).quotes['threads']; "
    program += "print(json.dumps([machine.describe()[1], quoted]))"
    ran = subprocess.run([python, "-c", program], capture_output=True, env=environment, check=True)
    build, told = json.loads(ran.stdout)
    return f"Free-threaded, {build}:\n\n{told}"
