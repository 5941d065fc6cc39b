"""Look for hostile inputs, guided by coverage: python -m tests.fuzz [TARGET ...]

Each target runs in a process of its own, two at a time. An input that violates a property, hangs
or takes too much memory is kept in tests/fuzz/findings, and the program fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.fuzz import campaign
from tests.fuzz.campaign import Run
from tests.fuzz.targets import ROOT, TARGETS


def main(arguments: list[str]) -> int:
    """Fuzz the targets that are named, or all; or replay one input.

    Args:
        arguments: those of the command line.

    Returns:
        0 if nothing was found, or nothing can be fuzzed here; else 1.
    """
    options = _parser().parse_args(arguments)
    targets = [TARGETS[name] for name in options.target or TARGETS]
    if options.replay is not None:
        if len(options.target) != 1:
            _parser().error("--replay needs the one target that the input is for")
        targets[0].check(options.replay.read_bytes())
        print(f"{options.replay} violates nothing.")
        return 0
    why_not = campaign.why_not()
    if why_not is not None:
        print(why_not)
        must = os.environ.get("CI") == "true" and campaign.has_wheel()
        _report(options.report, [], skipped="" if must else why_not)
        return int(must)
    runs = campaign.fuzz(targets, seconds=options.seconds, grow=options.grow, seed=options.seed)
    _show(runs)
    _report(options.report, runs)
    return int(any(run.failed for run in runs))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help=f"one of {', '.join(TARGETS)}; default: all")
    parser.add_argument(
        "--seconds",
        type=int,
        help="how long each target runs; default: "
        + ", ".join(f"{target.name} {target.seconds}" for target in TARGETS.values()),
    )
    parser.add_argument(
        "--grow",
        action="store_true",
        help="keep the fewest inputs that reach every place seen, in tests/fuzz/corpus",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="begin as another run with the same number did; default: 0, as none did",
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one input, and show why")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write a JUnit report")
    return parser


def _show(runs: list[Run]) -> None:
    for run in runs:
        if run.failed:
            print(f"\n{run.target.name} failed; the last that it said:\n{run.failure}")
        for finding in run.findings:
            place = finding.relative_to(ROOT)
            print(f"Replay it: python -m tests.fuzz {run.target.name} --replay {place}")
    print(f"\n{'target':<11} {'executions':>12} {'edges':>7} {'features':>9} {'corpus':>7}  result")
    for run in runs:
        result = "failed" if run.failed else "nothing found"
        print(
            f"{run.target.name:<11} {run.executions:>12,} {run.edges:>7} {run.features:>9} "
            f"{run.corpus:>7}  {result}"
        )


def _report(file: Path | None, runs: list[Run], *, skipped: str = "") -> None:
    if file is None:
        return
    suite = ET.Element("testsuite", name="fuzz")
    for run in runs:
        case = ET.SubElement(suite, "testcase", name=run.target.name)
        if run.failed:
            ET.SubElement(case, "failure", message="see the output of the step")
    if skipped:
        case = ET.SubElement(suite, "testcase", name="fuzz")
        ET.SubElement(case, "skipped", message=skipped)
    ET.ElementTree(suite).write(file, "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
