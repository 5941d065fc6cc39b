"""kill -9 of a rotation, at every step of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.once


def test_a_killed_rotation_leaves_the_old_ring_or_the_new_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.cli.killed", str(tmp_path), "150"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    lines, calls, at_random = (found.pop(name) for name in ("lines", "calls", "random"))
    # Both rings are seen, so the kills lie on both sides of the one moment that counts.
    assert set(found) == {"old", "new"}, found
    assert lines >= 40
    assert calls >= 10
    assert at_random == 150
    assert lines + calls + 10 + at_random == sum(found.values())
