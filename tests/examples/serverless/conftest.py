"""What the function needs: a database that speaks DynamoDB, and keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from cookie_sessions.keys import new_jwk_set
from tests.stores.dynamodb_backend import Dynalite, nobodys_credentials
from tests.stores.moving_clock import MovingClock

TIMEOUT = "JOTTER_COOKIE_SESSIONS_REVOCATIONS_TIMEOUT"
PATIENT = {TIMEOUT: "40"}
"""A database on a busy machine may take longer than the quarter of a second that is the default."""

_numbers = itertools.count()


@pytest.fixture(scope="package")
def dynalite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dynalite]:
    folder = tmp_path_factory.mktemp("dynalite")
    server = Dynalite(folder, MovingClock())
    with nobodys_credentials(folder):
        server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def settings(dynalite: Dynalite, tmp_path: Path) -> dict[str, str]:
    """Keys in a file, and a list and a store in DynamoDB that no other test uses."""
    keys = tmp_path / "keys.json"
    keys.write_text(new_jwk_set())
    keys.chmod(0o600)
    prefix = f"{dynalite.url}&prefix=test-{next(_numbers)}"
    return PATIENT | {
        "JOTTER_COOKIE_SESSIONS_KEYS": f"file:{keys}",
        "JOTTER_COOKIE_SESSIONS_REVOCATIONS": f"{prefix}:",
        "JOTTER_COOKIE_SESSIONS_OVERFLOW": f"{prefix}-large:",
    }
