"""The shop under gunicorn, and both browsers: each test of this folder runs in either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.examples.conftest import FACTORY, RunningShop

from .chromium import Chromium
from .engine import Browser, BrowserError
from .firefox import Firefox
from .shopper import Shopper


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """The shop with its defaults: what passes nearly everywhere, and a store beside its key."""
    yield from running_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def bare_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """A shop with the default limits and without a store."""
    yield from running_shop(tmp_path_factory.mktemp("bare-shop"), settings={"SHOP_OVERFLOW": ""})


@pytest.fixture(scope="session")
def debugged_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """The bare shop as its developer runs it, with Werkzeug's page for errors."""
    factory = "tests.browser.debugged:create_app()"
    folder = tmp_path_factory.mktemp("debugged-shop")
    yield from running_shop(folder, factory=factory, settings={"SHOP_OVERFLOW": ""})


@pytest.fixture(scope="session")
def roomy_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """A shop behind nothing that limits its responses, without a store."""
    settings = {"SHOP_PROFILE": "no-proxy", "SHOP_OVERFLOW": ""}
    yield from running_shop(tmp_path_factory.mktemp("roomy-shop"), settings=settings)


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


def running_shop(
    folder: Path, *, factory: str = FACTORY, settings: Mapping[str, str] | None = None
) -> Iterator[RunningShop]:
    running = RunningShop(folder, threads=4, factory=factory, settings=settings)
    running.start()
    try:
        yield running
    finally:
        running.close()
