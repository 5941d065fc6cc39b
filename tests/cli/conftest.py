"""What the tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.world import INIT, World


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world without a ring."""
    return World(tmp_path, monkeypatch)


@pytest.fixture
def world(bare: World) -> World:
    """A world with a ring of one key, ``first``."""
    bare.do("init", *INIT, "--label", "first")
    return bare
