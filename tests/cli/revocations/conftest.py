"""What the tests of the commands on lists share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.revocations.press import Press
from tests.cli.revocations.world import A_KEY, INDEX_KEY, Shop, bare


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    bare(monkeypatch)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop whose list names subjects by a key of its own, and has a register."""
    return Shop(tmp_path, COOKIE_SESSIONS_REGISTER=True)


@pytest.fixture
def keyed(tmp_path: Path) -> Shop:
    """A shop with an index key, as snapshots need one, that says whose its sessions are."""
    return Shop(tmp_path, **{INDEX_KEY: A_KEY, "COOKIE_SESSIONS_SUBJECT_KEY": "_user_id"})


@pytest.fixture
def press(keyed: Shop) -> Press:
    """A folder for snapshots of a list that its application has used."""
    keyed.visitor()
    return Press(keyed)
