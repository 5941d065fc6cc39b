"""What servers and proxies let through by default: python -m tests.deployments [NAME ...]

It starts each on this machine, in front of a small application, and prints the table of
docs/sizes.md in about half a minute. What is not installed is named at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.deployments.deployment import BEHIND, DEPLOYMENTS
from tests.deployments.programs import PROGRAMS
from tests.deployments.table import HEAD, row


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.deployments", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(DEPLOYMENTS)}; all by default")
    names = parser.parse_args().name or [*DEPLOYMENTS]
    unknown = [name for name in names if name not in DEPLOYMENTS]
    if unknown:
        parser.error(f"There is no deployment {unknown[0]!r}. Known are {', '.join(DEPLOYMENTS)}.")
    lacking: dict[str, str] = {}
    sys.stdout.write(f"{HEAD}\n")
    for name in names:
        needed = [PROGRAMS[link] for link in [*DEPLOYMENTS[name], BEHIND]]
        absent = {each.name: each.install for each in needed if each.version() is None}
        lacking |= absent
        if not absent:
            with tempfile.TemporaryDirectory() as folder:
                sys.stdout.write(f"{row(name, Path(folder))}\n")
            sys.stdout.flush()
    for name, install in lacking.items():
        sys.stderr.write(f"{name} is missing; install it with: {install}\n")
    return int(bool(lacking))


if __name__ == "__main__":
    sys.exit(main())
