"""The driver of Chromium is started anew where another program has taken its port meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from .driver import Driver
from .engine import BrowserError

_STAND_IN = """#!/bin/sh
if [ "$(cat '{tries}' 2>/dev/null | wc -l)" -lt {faults} ]; then
    echo >> '{tries}'
    echo "bind() failed: {reason}"
    exit 1
fi
echo "started successfully on port 1234"
exec sleep 60
"""


def put_stand_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, faults: int, reason: str
) -> Path:
    """A chromedriver that starts after some attempts have failed for a reason."""
    program = folder / "chromedriver"
    tries = folder / "tries"
    program.write_text(_STAND_IN.format(tries=tries, faults=faults, reason=reason))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return tries


def test_a_taken_port_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = put_stand_in(tmp_path, monkeypatch, faults=2, reason="Address already in use (98)")
    Driver(tmp_path / "log").stop()
    assert len(tries.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("reason", "attempts"), [("Address already in use (98)", 5), ("No such device", 1)]
)
def test_what_stays_or_is_something_else_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str, attempts: int
) -> None:
    tries = put_stand_in(tmp_path, monkeypatch, faults=99, reason=reason)
    with pytest.raises(BrowserError, match=reason[:10]):
        Driver(tmp_path / "log")
    assert len(tries.read_text().splitlines()) == attempts
