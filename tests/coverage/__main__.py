"""Measure what the tests reach of the package: python -m tests.coverage

It fails where lines or branches are below 98 %, and where something is left of a file of which
tests/coverage/left.toml does not say why.

It takes as long as the tests do. coverage.py has to be there: pip install --group coverage
python -m tests.coverage FOLDER keeps the data in FOLDER, or reads what an earlier run left there.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Final

from tests.coverage.measuring import Left, Measured, read, run

LIMIT: Final = 98.0
REASONS: Final = Path(__file__).with_name("left.toml")


def main(arguments: list[str]) -> int:
    """Measure, and say what is left and why.

    Args:
        arguments: nothing, or a folder.

    Returns:
        0 if all tests passed, enough was reached and what is left is listed; else 1.
    """
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return int(len(arguments) > 1)
    with tempfile.TemporaryDirectory() as made:
        data = Path(arguments[0] if arguments else made).resolve()
        data.mkdir(parents=True, exist_ok=True)
        status = 0 if any(data.glob(".coverage*")) else run(data)
        measured = read(data)
    listed = reasons()
    print(told(measured, listed))
    if status:
        print("Tests failed, so what was reached is not what it should be.")
    return int(bool(status) or not enough(measured) or bool(unlisted(measured, listed)))


def reasons() -> dict[str, str]:
    """Why something of a file is left, by the file's path."""
    listed: dict[str, str] = tomllib.loads(REASONS.read_text(encoding="utf-8"))["left"]
    return listed


def enough(measured: Measured) -> bool:
    """Whether lines and branches each reach the limit."""
    return min(measured.lines, measured.branches) >= LIMIT


def unlisted(measured: Measured, listed: dict[str, str]) -> set[str]:
    """Files of which something is left, and of which no reason is listed."""
    return {left.path for left in measured.left} - set(listed)


def told(measured: Measured, listed: dict[str, str]) -> str:
    """Say what was reached, and of each file what was not.

    Args:
        measured: the figures.
        listed: reasons by path.

    Returns:
        The text, of several lines.
    """
    lines = []
    for left in measured.left:
        lines.append(f"{left.path}: {_places(left)}")
        lines.append(f"    {listed.get(left.path, 'NOT LISTED in tests/coverage/left.toml')}")
    gone = sorted(set(listed) - {left.path for left in measured.left})
    lines += [f"{path} is listed, and nothing of it is left." for path in gone]
    verdict = "enough" if enough(measured) else "too little"
    lines.append(
        f"Lines: {measured.lines:.2f} %. Branches: {measured.branches:.2f} %. "
        f"That is {verdict}: the limit for either is {LIMIT:g} %."
    )
    return "\n".join(lines)


def _places(left: Left) -> str:
    inside = set(left.lines)
    # A branch that begins in a line which was never reached is no news.
    branches = [(a, b) for a, b in left.branches if a not in inside]
    parts = [str(line) for line in left.lines]
    parts += [f"{a} to {'the end' if b < 0 else b}" for a, b in branches]
    return ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
