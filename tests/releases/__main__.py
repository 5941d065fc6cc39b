"""Write down what this release writes, once, before it is tagged: python -m tests.releases"""

from __future__ import annotations

import hashlib
import json
import sys

import cookie_sessions
from tests.releases.written import FOLDER, write


def main() -> int:
    """Write the release's file.

    Returns:
        0, or 1 if the release has one: what was written in its days is never written again.
    """
    path = FOLDER / f"{cookie_sessions.__version__}.json"
    if path.exists():
        print(f"{path.name} is there already. A file of a release is never written again.")
        return 1
    path.write_text(json.dumps(write(), indent=1) + "\n", encoding="ascii")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path.name} was written. Add its digest in tests/releases/test_releases.py: {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
