"""Look the package's dependencies up in pip-audit's database: python -m tests.audit"""

from __future__ import annotations

import sys

from tests.audit.audit import audit, pinned


def main() -> int:
    """Say what is known of each dependency.

    Returns:
        1 if a vulnerability is known, else 0, also where the database can't be reached.
    """
    found = audit(pinned())
    for title, lines in zip(("Known", "Clean", "Skipped"), found, strict=True):
        print(f"{title}: {len(lines)}")
        for line in lines:
            print(f"  {line}")
    return int(bool(found.known))


if __name__ == "__main__":
    sys.exit(main())
