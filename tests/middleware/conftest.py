"""What the tests of the middleware share with Flask's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.flask.conftest import Clock, clock
from tests.middleware.sites import SITES, Site

__all__ = ["Clock", "clock", "make"]


@pytest.fixture(params=SITES)
def make(request: pytest.FixtureRequest) -> Callable[..., Site]:
    """Makes the application under one adapter after the other: what a test says holds for all."""
    return SITES[request.param]
