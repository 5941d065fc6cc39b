"""``python -m benchmarks`` prints the main tables in under two minutes; longer parts have names."""

from __future__ import annotations

import argparse
import functools
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import (
    bare,
    checks,
    chunks,
    floor,
    imports,
    listed,
    lookup,
    machine,
    quotes,
    requests,
    sizes,
    snapshots,
    stored,
    trained,
)
from benchmarks.commands import COMMANDS, count_instructions
from benchmarks.operations import OPERATIONS
from benchmarks.peers import OURS, PEERS
from benchmarks.plot import svg
from benchmarks.profiling import profile
from benchmarks.publication import Report, joined, write
from benchmarks.report import figures, markdown
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
        bare_seconds: the same for requests that bring no session cookie.
        loops: rounds of everything that is timed in loops.
        pairs: pairs of processes for cold starts.
        sessions: sessions that a dictionary is trained on.
    """

    rounds: int
    repeats: int
    seconds: float
    redis_seconds: float
    bare_seconds: float
    loops: int
    pairs: int
    sessions: int


FULL: Final = Effort(
    rounds=60,
    repeats=10,
    seconds=40,
    redis_seconds=8,
    bare_seconds=3,
    loops=25,
    pairs=25,
    sessions=6_000,
)
QUICK: Final = Effort(
    rounds=3,
    repeats=2,
    seconds=4,
    redis_seconds=1,
    bare_seconds=1,
    loops=3,
    pairs=2,
    sessions=400,
)
PICTURE: Final = "benchmarks.svg"


def measure(effort: Effort) -> Results:
    """Measure everything once."""
    start = time.perf_counter()
    shapes = all_shapes()
    cells, control = requests.measure(
        shapes, rounds=effort.rounds, repeats=effort.repeats, seconds=effort.seconds
    )
    without_cookie = bare.measure(
        count=10 * effort.rounds, repeats=2 * effort.repeats, seconds=effort.bare_seconds
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
        bare=without_cookie,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; no figure makes it fail."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    _refuse_what_comes_to_nothing(parser, chosen)
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
    if chosen.command == "write":
        try:
            texts = [path.read_text(encoding="utf-8") for path in chosen.figures]
            report = joined(*map(Report.from_json, texts))
        except (OSError, ValueError) as error:
            parser.error(str(error))
        return _write(report)
    report = _run(chosen)
    if chosen.plot:
        chosen.plot.write_text(report.pictures[PICTURE], encoding="utf-8")
    if chosen.json:
        chosen.json.write_text(report.to_json(), encoding="utf-8")
    return _write(report) if chosen.write else 0


def main_report(*, quick: bool) -> Report:
    """What ``python -m benchmarks`` prints, and what the pages quote of it."""
    results = measure(QUICK if quick else FULL)
    quoted = quotes.of(results)
    text = [markdown(results), "## As README has it\n", quoted["cost"], "", quoted["octets"], ""]
    return Report("\n".join(text), quoted, {PICTURE: svg(results)}, figures(results))


def _refuse_what_comes_to_nothing(
    parser: argparse.ArgumentParser, chosen: argparse.Namespace
) -> None:
    """Refuse, before anything is measured, what would be found wrong behind it."""
    if chosen.plot and chosen.command not in (None, "everything"):
        parser.error(f"--plot: the picture is of the main tables; {chosen.command} has not got it")
    for path in (chosen.plot, chosen.json):
        if path and not path.parent.is_dir():
            parser.error(f"{path}: there is no folder {path.parent}")
    if chosen.command == "instructions" and chosen.quick and chosen.store:
        parser.error("--store: --quick counts too little to store; leave one of them out")


def _run(chosen: argparse.Namespace) -> Report:
    """Measure what was asked for, and print each part as soon as it is there."""
    parts = {command.name: command.quick if chosen.quick else command.full for command in COMMANDS}
    if chosen.command == "instructions":
        parts["instructions"] = functools.partial(
            count_instructions,
            quick=chosen.quick,
            store=chosen.store,
            python_only=chosen.python_only,
        )
    parts["main"] = functools.partial(main_report, quick=chosen.quick)
    names = ["main", *(name for name in parts if name != "main")]
    wanted = names if chosen.command == "everything" else [chosen.command or "main"]
    reports = []
    for name in wanted:
        reports.append(parts[name]())
        sys.stdout.write(reports[-1].text)
        sys.stdout.flush()
    return joined(*reports)


def _write(report: Report) -> int:
    for path in write(report):
        print(f"written: {path.name}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    _add_options(parser, default=None)
    parser.add_argument("--plot", type=Path, metavar="PATH", help="write the picture (SVG)")
    commands = parser.add_subparsers(dest="command")
    for command in COMMANDS:
        made = commands.add_parser(command.name, help=f"print {command.about}")
        _add_options(made, default=argparse.SUPPRESS)
        if command.name == "instructions":
            made.add_argument("--store", action="store_true", help="these counts are the baseline")
            made.add_argument(
                "--python-only", action="store_true", help="those of Python alone, in seconds"
            )
    everything = commands.add_parser("everything", help="print all of it, main tables first")
    _add_options(everything, default=argparse.SUPPRESS)
    again = commands.add_parser("write", help="write earlier runs into README and docs")
    again.add_argument("figures", type=Path, nargs="+", help="what --json wrote")
    left = commands.add_parser("profile", help="print where the time of one operation goes")
    left.add_argument("shape", choices=SHAPE_NAMES)
    left.add_argument("operation", choices=[operation.name for operation in OPERATIONS])
    left.add_argument("--not-permanent", action="store_true", help="a session that is not")
    left.add_argument("--peer", choices=[peer.name for peer in PEERS], default=OURS)
    left.add_argument("--requests", type=int, default=2000, help="how many (default 2000)")
    return parser


def _add_options(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    """Options that stand before or behind the name of a command."""
    parser.add_argument(
        "--quick", action="store_true", default=default, help="few rounds: to see that it runs"
    )
    parser.add_argument(
        "--json", type=Path, metavar="PATH", default=default, help="write all figures (JSON)"
    )
    parser.add_argument(
        "--write",
        action="store_true",
        default=default,
        help="write the tables and pictures into README and docs",
    )


if __name__ == "__main__":
    sys.exit(main())
