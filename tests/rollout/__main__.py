"""A longer deployment: python -m tests.rollout [--requests N] [--whole]

It goes as far as the tests go, to the step that seals, and back; with --whole through all steps of
docs/moving-in.md. It ends with 1 if a visitor was logged out or a write was lost.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.rollout.application import MOVED, SEALS
from tests.rollout.deployment import deploy


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rollout", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--whole", action="store_true")
    arguments = parser.parse_args()
    furthest = MOVED if arguments.whole else SEALS
    steps = [*range(furthest), *range(furthest, -1, -1)]
    with tempfile.TemporaryDirectory() as folder:
        outcome = deploy(steps, requests=arguments.requests, folder=Path(folder))
    sys.stdout.write(f"{outcome}\n{outcome.log}")
    return int(outcome.log_outs + outcome.lost_writes > 0)


if __name__ == "__main__":
    sys.exit(main())
