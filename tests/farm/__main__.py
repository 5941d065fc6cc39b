"""Rotations under the requests of many visitors: python -m tests.farm [--whole]

10,000 requests and 5 rotations in a quarter of a minute, or with --whole 100,000 requests and 20
rotations in one to three minutes. It ends with 1 if a session was lost or refused,
an answer was 5xx, or a jar was not sealed by the newest key in the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.farm.rotation import farm


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.farm", description=__doc__)
    parser.add_argument("--whole", action="store_true")
    whole = parser.parse_args().whole
    with tempfile.TemporaryDirectory() as folder:
        outcome = farm(
            Path(folder), requests=100_000 if whole else 10_000, rotations=20 if whole else 5
        )
    sys.stdout.write(f"{outcome}\n")
    return int(not outcome.is_clean)


if __name__ == "__main__":
    sys.exit(main())
