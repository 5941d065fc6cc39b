"""The shop under gunicorn, and both browsers: each test of this folder runs in either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.examples.conftest import FACTORY, RunningShop

from .attacker import ACROSS, BESIDE, pages
from .chromium import Chromium
from .engine import Browser, BrowserError
from .firefox import Firefox
from .secure import Site
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


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The attacker's origins by their hosts."""
    folder = tmp_path_factory.mktemp("attackers")
    with ExitStack() as stack:
        sites = {host: Site(host, folder) for host in (ACROSS, BESIDE)}
        for site in sites.values():
            stack.enter_context(site.serving(pages()))
        yield {host: site.address for host, site in sites.items()}


@pytest.fixture(scope="module")
def victim(kind: type[Browser], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that believes these certificates, and sends all that an attacker can hope for."""
    profile = tmp_path_factory.mktemp("victim")
    with kind(profile, any_certificate=True, third_party_cookies=True) as browser:
        yield browser


def running_shop(
    folder: Path, *, factory: str = FACTORY, settings: Mapping[str, str] | None = None
) -> Iterator[RunningShop]:
    running = RunningShop(folder, threads=4, factory=factory, settings=settings)
    running.start()
    try:
        yield running
    finally:
        running.close()
