"""What a cold start costs: ``python -m benchmarks.imports`` prints it, module by module.

A cold start imports the core and opens its first cookie, with the built-in dictionary, in a fresh
process. It is set beside a fresh process that imports the libraries that the core stands on.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks import machine
from benchmarks.cold_start import NONE, RING, SECRET, ColdStarts, cold_starts
from benchmarks.marks import BY_NAME
from benchmarks.tables import reached, table, times
from benchmarks.timing import Spread, median, ratios

PAIRS: Final = 40
NOTED: Final = 9
HEAVIEST: Final = 12

_OURS: Final = "cookie_sessions"
_KEYS: Final = {SECRET: "keys from the secret key", RING: "a key ring in a variable"}
_EACH: Final = (
    "Each module's own time, without what it imports; the median of several processes under "
    "`-X importtime`, which itself costs some."
)
_NOTE: Final = "import time:"


@dataclass(frozen=True, slots=True)
class Cold:
    """What cold starts took, one figure for each pair of processes.

    Attributes:
        libraries: seconds that importing the libraries alone took.
        secret: seconds that importing the core and opening a cookie took beside them, where keys
            come from the application's secret key.
        ring: the same where they come from a key ring in an environment variable.
    """

    libraries: Sequence[float]
    secret: Sequence[float]
    ring: Sequence[float]

    def more(self, keys: str) -> Spread:
        """Seconds more than the libraries alone: the median over pairs, and how far they lie."""
        pairs = zip(self._of(keys), self.libraries, strict=True)
        return Spread.of(ours - alone for ours, alone in pairs)

    def mean(self, keys: str) -> float:
        """The mean over pairs of the same difference, in seconds."""
        return statistics.fmean(self._of(keys)) - statistics.fmean(self.libraries)

    def ratio(self, keys: str) -> Spread:
        """How many times the libraries alone."""
        return Spread.of(ratios(self._of(keys), self.libraries))

    def _of(self, keys: str) -> Sequence[float]:
        return self.secret if keys == SECRET else self.ring


def measure(*, pairs: int) -> Cold:
    """Start processes in turns, so that what disturbs the machine falls on all alike.

    Args:
        pairs: how many of each kind.
    """
    with cold_starts() as starts:
        return _measured(starts, pairs=pairs)


def rows(cold: Cold) -> list[list[str]]:
    """Rows of a table: what, figure, mark, whether it is reached."""
    mark = BY_NAME["import"]
    verdict = reached(mark, cold.more(SECRET).middle * 1e3)
    written = [[mark.title, _more(cold, SECRET), mark.text, verdict]]
    written += [["the same with a key ring in a variable", _more(cold, RING), "", ""]]
    for keys, what in _KEYS.items():
        title = f"a cold start, times its libraries alone, {what}"
        written.append([title, times(cold.ratio(keys)), "", ""])
    alone = f"{median(cold.libraries) * 1e3:.1f} ms"
    return [*written, ["import of its libraries alone", alone, "", ""]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; no figure makes it fail."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"of processes (default {PAIRS})")
    pairs = parser.parse_args(arguments).pairs
    with cold_starts() as starts:
        cold = _measured(starts, pairs=pairs)
        costs = _by_module(starts)
        base = starts.run(NONE).modules
        bare = Spread.of(ratios(*_uncompiled(starts)))
    ours = {name: cost for name, cost in costs.items() if name.partition(".")[0] == _OURS}
    foreign = {name: cost for name, cost in costs.items() if name not in {*base, *ours}}
    libraries = {name: cost for name, cost in costs.items() if name in base}
    sections = [
        "# A cold start",
        *machine.describe(),
        "The median over pairs of fresh processes, in brackets the 10th and 90th percentile.",
        table(["", "figure", "mark", ""], rows(cold)),
        f"Where no compiled files were shipped it takes {times(bare, digits=1)} times as long.",
        f"## Modules of this package: {_sum(ours)} ms",
        _EACH,
        _modules(ours, len(ours)),
        f"## Other modules that it loads beside its libraries: {_sum(foreign)} ms",
        _modules(foreign, len(foreign)),
        f"## The heaviest modules of the libraries and the interpreter: {_sum(libraries)} ms",
        _modules(libraries, HEAVIEST),
    ]
    sys.stdout.write("\n\n".join(sections) + "\n")
    return 0


def _measured(starts: ColdStarts, *, pairs: int) -> Cold:
    taken: dict[str, list[float]] = {NONE: [], SECRET: [], RING: []}
    for number in range(pairs):
        order = [NONE, SECRET, RING] if number % 2 else [RING, SECRET, NONE]
        for keys in order:
            taken[keys].append(starts.run(keys).seconds)
    return Cold(taken[NONE], taken[SECRET], taken[RING])


def _uncompiled(starts: ColdStarts) -> tuple[list[float], list[float]]:
    """Seconds of cold starts without compiled files, and of as many with them."""
    without = [starts.run(SECRET, compiled=False).seconds for _ in range(NOTED)]
    return without, [starts.run(SECRET).seconds for _ in range(NOTED)]


def _by_module(starts: ColdStarts) -> dict[str, float]:
    """Milliseconds that each module took by itself, the dearest first."""
    noted: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(NOTED):
        for line in starts.run(RING, importtime=True).importtime.splitlines():
            own, bar, rest = line.removeprefix(_NOTE).partition("|")
            if line.startswith(_NOTE) and bar and own.strip().isdecimal():
                noted[rest.partition("|")[2].strip()].append(int(own) / 1e3)
    costs = {name: median(times) for name, times in noted.items()}
    return dict(sorted(costs.items(), key=lambda cost: cost[1], reverse=True))


def _modules(costs: dict[str, float], most: int) -> str:
    shown = list(costs.items())[:most]
    return table(["module", "ms"], [[f"`{name}`", f"{cost:.2f}"] for name, cost in shown])


def _sum(costs: dict[str, float]) -> str:
    return f"{sum(costs.values()):.1f}"


def _more(cold: Cold, keys: str) -> str:
    return f"{_millis(cold.more(keys))} ms, mean {cold.mean(keys) * 1e3:.1f}"


def _millis(spread: Spread) -> str:
    low, middle, high = (seconds * 1e3 for seconds in (spread.low, spread.middle, spread.high))
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    sys.exit(main())
