"""A browser's jar against the session manager: python -m tests.jar --interleavings 100000"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.jar.simulation import simulate

_PORTION = 1_000


def main(arguments: list[str]) -> int:
    """Run the simulation on every core, and print what happened.

    Args:
        arguments: the command line's.

    Returns:
        0; what is wrong is raised.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.jar", description=__doc__)
    parser.add_argument("--interleavings", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="the first of the seeds")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    counts = spread(options.interleavings, seed=options.seed, workers=options.workers)
    seconds = time.monotonic() - began
    rows = [f"{count:>10,}  {name}" for name, count in sorted(counts.items())]
    rows.append(f"in {seconds:.0f} s; no session was wrong, mixed, or lost for no reason")
    sys.stdout.write("\n".join(rows) + "\n")
    return 0


def spread(interleavings: int, *, seed: int, workers: int) -> Counter[str]:
    """Run the simulation in several processes; portions have seeds of their own, in order."""
    portions = range(-(-interleavings // _PORTION))
    sizes = [min(_PORTION, interleavings - portion * _PORTION) for portion in portions]
    counts: Counter[str] = Counter()
    # What the package tells its logs is no news here.
    with ProcessPoolExecutor(workers, initializer=logging.disable) as pool:
        futures = [
            pool.submit(simulate, size, seed=seed + number) for number, size in enumerate(sizes)
        ]
        for future in futures:
            counts += future.result()
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
