"""``python -m benchmarks`` prints the tables; ``python -m benchmarks profile`` what is left."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import (
    checks,
    chunks,
    floor,
    imports,
    listed,
    lookup,
    machine,
    requests,
    sizes,
    snapshots,
    stored,
    trained,
)
from benchmarks.operations import OPERATIONS
from benchmarks.peers import OURS, PEERS
from benchmarks.plot import svg
from benchmarks.profiling import profile
from benchmarks.report import as_json, markdown
from benchmarks.results import Results
from benchmarks.shapes import SHAPE_NAMES, all_shapes


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure.

    Attributes:
        rounds: rounds over all requests, at most.
        repeats: requests of each candidate in each cell in a round.
        seconds: begin no further round of requests after so many seconds.
        redis_seconds: the same for each of the two measurements with Redis.
        loops: rounds of everything that is timed in loops.
        pairs: pairs of processes for cold starts.
        sessions: sessions that a dictionary is trained on.
    """

    rounds: int
    repeats: int
    seconds: float
    redis_seconds: float
    loops: int
    pairs: int
    sessions: int


FULL: Final = Effort(
    rounds=60, repeats=10, seconds=60, redis_seconds=8, loops=25, pairs=25, sessions=4_000
)
QUICK: Final = Effort(
    rounds=3, repeats=2, seconds=4, redis_seconds=1, loops=3, pairs=2, sessions=400
)


def measure(effort: Effort) -> Results:
    """Measure everything once."""
    start = time.perf_counter()
    shapes = all_shapes()
    cells, control = requests.measure(
        shapes, rounds=effort.rounds, repeats=effort.repeats, seconds=effort.seconds
    )
    searches = lookup.measure(count=effort.loops)
    splits = chunks.measure(count=effort.loops)
    with_redis = stored.measure(
        rounds=effort.rounds, repeats=effort.repeats, seconds=effort.redis_seconds
    )
    in_redis = listed.measure(
        count=effort.rounds,
        repeats=effort.repeats,
        seconds=effort.redis_seconds,
        loops=effort.loops,
    )
    octets = sizes.measure(shapes)
    octets += trained.measure(shapes, octets, sessions=effort.sessions)
    floors = floor.measure(shapes, count=effort.loops)
    cold = imports.measure(pairs=effort.pairs)
    # Last, because these fill the memory with a million entries.
    in_memory = checks.in_memory(count=effort.loops)
    in_snapshots = snapshots.measure(count=effort.loops)
    return Results(
        machine=machine.describe(),
        seconds=time.perf_counter() - start,
        cells=cells,
        control=control,
        sizes=octets,
        floor=floors,
        cold=cold,
        searches=searches,
        splits=splits,
        stored=with_redis,
        checks=in_memory,
        snapshots=in_snapshots,
        listed=in_redis,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; no figure makes it fail."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.command == "profile":
        try:
            told = profile(
                chosen.shape,
                chosen.operation,
                peer=chosen.peer,
                permanent=not chosen.not_permanent,
                requests=chosen.requests,
            )
        except ValueError as error:
            parser.error(str(error))
        sys.stdout.write(told)
        return 0
    results = measure(QUICK if chosen.quick else FULL)
    sys.stdout.write(markdown(results))
    if chosen.plot:
        chosen.plot.write_text(svg(results), encoding="utf-8")
    if chosen.json:
        chosen.json.write_text(as_json(results), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it runs")
    parser.add_argument("--plot", type=Path, metavar="PATH", help="write the picture (SVG)")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all figures (JSON)")
    commands = parser.add_subparsers(dest="command")
    left = commands.add_parser("profile", help="print where the time of one operation goes")
    left.add_argument("shape", choices=SHAPE_NAMES)
    left.add_argument("operation", choices=[operation.name for operation in OPERATIONS])
    left.add_argument("--not-permanent", action="store_true", help="a session that is not")
    left.add_argument("--peer", choices=[peer.name for peer in PEERS], default=OURS)
    left.add_argument("--requests", type=int, default=2000, help="how many (default 2000)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
