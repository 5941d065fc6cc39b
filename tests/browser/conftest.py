"""The shop under gunicorn, and both browsers: each test of this folder runs in either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import missing
from tests.examples.conftest import RunningShop

from .chromium import Chromium
from .engine import Browser, BrowserError
from .firefox import Firefox
from .shopper import Shopper


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    running = RunningShop(tmp_path_factory.mktemp("shop"), threads=4)
    running.start()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session", params=[Chromium, Firefox], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> type[Browser]:
    """One of the browsers, to start with a profile of the test's own."""
    chosen: type[Browser] = request.param
    if not chosen.is_installed():
        missing(" and ".join(chosen.programs), chosen.install)
    return chosen


@pytest.fixture(scope="session")
def running(kind: type[Browser], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with kind(tmp_path_factory.mktemp(kind.name)) as browser:
        yield browser


@pytest.fixture
def browser(running: Browser) -> Browser:
    """A running browser with one empty tab and no cookies; tests share it, for a start is dear."""
    try:
        running.reset()
    except BrowserError:
        running.restart()
        running.reset()
    return running


@pytest.fixture
def shopper(browser: Browser, shop: RunningShop) -> Shopper:
    """Somebody new in the shop, with that browser."""
    return Shopper(browser, shop.address)
