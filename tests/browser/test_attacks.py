"""Other sites' pages attack a shop in real browsers: what it saw, and that nothing came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .attacked import HOST, NOBODY, AttackedShop, Deed, Setup
from .attacker import ACROSS, ASKING, BESIDE, FORMS, LOADS, Attacker, pages
from .engine import Browser
from .secure import Site

pytestmark = pytest.mark.once

SETUPS = [
    *(
        Setup(same_site, prefix)
        for same_site in ("None", "Lax", "Strict")
        for prefix in (None, "host")
    ),
    Setup("", "host"),
]
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


def kinds_with_the_cookie(victim: Browser, same_site: str, host: str) -> set[str]:
    """Which kinds of request bring the victim's cookie, as browsers have it.

    Firefox gives pages of other sites another jar, so that their background requests bring nothing
    even with SameSite=None. Where nothing is said, it takes None; Chromium takes Lax, but for two
    minutes lets a form bring the cookie.
    """
    if host == BESIDE:
        return {"link", "form", "background"}
    kinds = {"Strict": set(), "Lax": {"link"}}.get(same_site, {"link", "form"})
    if same_site == "None" and victim.name == "chromium":
        kinds = kinds | {"background"}
    return kinds


@pytest.mark.parametrize("host", [ACROSS, BESIDE])
def test_nothing_that_another_origin_sends_does_anything_in_the_victims_name(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str], host: str
) -> None:
    # Whatever is sent brings a token of the attacker's own, good for the attacker's session.
    _, token = shop.attacker()
    sign_in(victim, shop)
    attacker = Attacker(victim, addresses[host])
    assert attacker.send_in_background(shop.address, ("/order", "/unguarded"), token) == []
    shop.wait_for("beacon", 2)
    for path in PATHS:
        attacker.send_form(f"{shop.address}{path}?by=form", token)
    attacker.lead_to(f"{shop.address}/plain?by=link")

    sent = [one for one in shop.seen if one.by]
    assert {one.fetch_site for one in sent} == {
        "cross-site" if host == ACROSS else "same-site",
    }
    # What the browser asked for first was never sent.
    assert {(one.method, one.by) for one in sent} == {
        *(("POST", by) for by in (*FORMS, "form")),
        *(("OPTIONS", by) for by in ASKING),
        *(("GET", by) for by in (*LOADS, "link")),
    }
    guarded = [one for one in sent if one.method == "POST" and one.path in GUARDED]
    assert len(guarded) == len(FORMS) + 2
    assert {one.status for one in guarded} == {403}
    kinds = kinds_with_the_cookie(victim, shop.setup.same_site, host)
    named = {one.by for one in sent if shop.has_cookie(one)}
    background = {*FORMS, *LOADS} if "background" in kinds else set()
    assert named == background | (kinds - {"background"})
    # Without the protection every one of these that brings the cookie has its way.
    assert sorted(shop.done) == sorted(
        Deed(by, "/unguarded", "ann" if by in named else NOBODY) for by in (*FORMS, "form")
    )
    assert name_at(victim, shop) == "ann"


def test_the_shop_itself_works(victim: Browser, shop: AttackedShop) -> None:
    sign_in(victim, shop)
    victim.follow("#order button")
    assert victim.text() == "done"
    victim.back()
    victim.follow("#order button")
    assert shop.done == [Deed("shop", "/order", "ann")] * 2
    (cookie,) = victim.cookies()
    assert (cookie.name, cookie.domain, cookie.path) == (shop.setup.cookie, HOST, "/")
    assert (cookie.secure, cookie.http_only) == (True, True)


def test_under_strict_a_link_to_a_page_with_a_form_begins_another_session(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str]
) -> None:
    # The cookie stays behind, so the form's token makes a session, which takes the other's place.
    sign_in(victim, shop)
    Attacker(victim, addresses[ACROSS]).lead_to(f"{shop.address}/?by=link")
    assert name_at(victim, shop) == (NOBODY if shop.setup.same_site == "Strict" else "ann")
    assert shop.done == []
