"""Other sites' pages attack a shop in real browsers: what it saw, and that nothing came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .attacked import AttackedShop, Deed, Setup
from .attacker import ACROSS, ASKING, BESIDE, FORMS, LOADS, Attacker, pages
from .engine import Browser
from .secure import Site

pytestmark = pytest.mark.once

SETUPS = [Setup(s, p) for s in ("None", "Lax", "Strict", "") for p in (None, "host")]
GUARDED = ("/order", "/sign-in")
PATHS = (*GUARDED, "/unguarded")


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Setup, AttackedShop]]:
    """One for each setting, at other ports of one host."""
    folder = tmp_path_factory.mktemp("attacked")
    with ExitStack() as stack:
        made = {setup: AttackedShop(setup, folder) for setup in SETUPS}
        for one in made.values():
            stack.enter_context(one.serving())
        yield made


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
    """A browser that believes the certificates of these sites."""
    with kind(tmp_path_factory.mktemp("victim"), any_certificate=True) as browser:
        yield browser


@pytest.fixture(params=SETUPS, ids=str)
def shop(
    request: pytest.FixtureRequest, shops: dict[Setup, AttackedShop], victim: Browser
) -> AttackedShop:
    victim.clear_cookies()
    found = shops[request.param]
    found.forget()
    return found


def sign_in(victim: Browser, shop: AttackedShop) -> None:
    victim.open(f"{shop.address}/")
    victim.follow("#sign-in button")
    assert victim.text("#name") == "ann"
    shop.forget()


def name_at(victim: Browser, shop: AttackedShop) -> str:
    victim.open(f"{shop.address}/plain")
    return victim.text("#name")


@pytest.mark.parametrize("host", [ACROSS, BESIDE])
def test_explore(victim, shop, addresses, host):
    import time, sys
    out = sys.stderr
    t = time.monotonic()
    _, token = shop.attacker()
    sign_in(victim, shop)
    att = Attacker(victim, addresses[host])
    read = att.send_in_background(shop.address, PATHS, token)
    shop.wait_for("beacon", 3)
    print("READ", read, time.monotonic() - t, file=out)
    for path in PATHS:
        att.send_form(shop.address + path + "?by=form", token)
    att.lead_to(shop.address + "/plain?by=link")
    att.lead_to(shop.address + "/order?by=link")
    for one in shop.seen:
        print(one.by, one.method, one.path, one.fetch_site, shop.setup.cookie + "=" in one.cookies, one.status, file=out)
    print(shop.done, file=out)
    print(name_at(victim, shop), time.monotonic() - t, file=out)
    att.lead_to(shop.address + "/?by=link")
    print(victim.text("#name"), name_at(victim, shop), time.monotonic() - t, file=out)
