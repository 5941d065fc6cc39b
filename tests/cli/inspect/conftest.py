"""The application that the tests of this folder look into."""

from __future__ import annotations

import pytest

from tests.cli.inspect.world import Shop
from tests.cli.world import World


@pytest.fixture
def shop(world: World) -> Shop:
    """A shop whose ring is the world's, which the command finds by its environment."""
    return Shop(world)
