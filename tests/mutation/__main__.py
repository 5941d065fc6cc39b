"""Change the package in every small way, and see that the tests notice.

python -m tests.mutation [MODULE ...] takes all modules of tests/mutation/targets.py, or those
named, such as cookie_sessions/crypto.py or cookie_sessions/keys. It ends with 1 if a mutant
survives for which tests/mutation/equivalent.toml gives no reason. POSIX only; needs the dependency
group "mutation": pip install -e . --group mutation

The mutants are made by mutmut's operators and a few more. mutmut's own runner is not used, because
it leaves out decorated functions and all that stands outside functions: limits, tables, patterns.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutation.targets import TESTS, targets

_ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "dist", "build")


def main() -> int:
    """Run in a copy of the tree, so that nobody's edits are mixed in and nothing is left behind."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TESTS))
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    if importlib.util.find_spec("mutmut") is None:
        parser.error("mutmut is missing; install it with: pip install -e . --group mutation")
    targets(arguments.modules)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(_ROOT, copy, ignore=_LEFT_OUT)
        return subprocess.run(
            [
                *(sys.executable, "-m", "tests.mutation.survey", str(arguments.processes)),
                *arguments.modules,
            ],
            cwd=copy,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
