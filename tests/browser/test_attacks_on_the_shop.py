"""Other sites' pages attack the example shop in real browsers, and it works in both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import shop as example
from cookie_sessions.cookies import find

from .attacked import HOST
from .attacker import ACROSS, BESIDE, EVERYWHERE, FORMS, Attacker
from .engine import Browser
from .noted import Notes
from .secure import Site
from .shopper import Shopper

pytestmark = pytest.mark.once

NAME = "Ada Lovelace"
COOKIES = {True: "__Host-shop_session", False: "shop_session"}
CHANGING = (
    *("/cart/linzer", "/cart/milk-jug/remove", "/checkout", "/preferences"),
    *("/sign-in", "/sign-out", "/account/sign-out-everywhere"),
)
"""What changes something in the shop, by POST."""


class Shop:
    """The example shop over HTTPS.

    Args:
        same_site: SESSION_COOKIE_SAMESITE.
        prefixed: whether it knows that its visitors come by https, and prefixes its cookie.
        folder: takes its data, a key and a certificate.
    """

    def __init__(self, same_site: str, folder: Path, *, prefixed: bool = True) -> None:
        self.same_site = same_site
        self.cookie = COOKIES[prefixed]
        self.site = Site(HOST, folder)
        self.app = example.create_app(
            {
                "SHOP_INSTANCE": str(folder / f"{same_site}-{prefixed}"),
                "SHOP_HTTPS": prefixed,
                "SESSION_COOKIE_SAMESITE": same_site,
                "SESSION_COOKIE_SECURE": True,
            }
        )
        self.notes = Notes(self.app)

    def shopper(self, browser: Browser) -> Shopper:
        """A person in it with that browser."""
        return Shopper(browser, self.site.address)


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Shop]]:
    """One for each SameSite, and one whose cookie has no prefix."""
    folder = tmp_path_factory.mktemp("attacked-shops")
    made = {same_site: Shop(same_site, folder) for same_site in ("None", "Lax", "Strict")}
    made["bare"] = Shop("Lax", folder, prefixed=False)
    with ExitStack() as stack:
        for one in made.values():
            stack.enter_context(one.site.serving(one.app))
        yield made


@pytest.fixture(params=["None", "Lax", "Strict"])
def shop(request: pytest.FixtureRequest, shops: dict[str, Shop], victim: Browser) -> Shop:
    victim.reset()
    found = shops[request.param]
    found.notes.seen.clear()
    return found


@pytest.fixture(scope="module")
def token(shops: dict[str, Shop]) -> dict[str, str]:
    """A token of the attacker's own session in each shop: the best that an attacker can have."""
    tokens = {}
    for name, shop in shops.items():
        page = shop.app.test_client().get("/biscuit/linzer", base_url=shop.site.address).text
        tokens[name] = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert all(len(one) == 92 for one in tokens.values())
    return tokens


@pytest.mark.parametrize("host", [ACROSS, BESIDE])
def test_no_other_origin_does_anything_in_the_name_of_who_is_signed_in(
    victim: Browser, shop: Shop, token: dict[str, str], addresses: dict[str, str], host: str
) -> None:
    ada = shop.shopper(victim)
    ada.sign_in(NAME)
    ada.visit("/biscuit/linzer")
    ada.add("linzer")
    assert (ada.name, ada.pieces) == (NAME, 1)
    shop.notes.seen.clear()

    attacker = Attacker(victim, addresses[host])
    text = token[shop.same_site]
    assert attacker.send_in_background(shop.site.address, CHANGING, text) == []
    shop.notes.wait_for("beacon", len(CHANGING))
    for path in CHANGING:
        attacker.send_form(f"{shop.site.address}{path}?by=form", text)
        assert ada.status == 403
    sent = [one for one in shop.notes.seen if one.by]
    posted = [one for one in sent if one.method == "POST"]
    assert len(posted) == len(CHANGING) * (len(FORMS) + 1)
    assert {one.status for one in posted} == {403}
    assert {one.method for one in sent} == {"POST", "GET", "OPTIONS"}
    # What is sent from beside brings the cookie always, from another site where nothing forbids it.
    brought = any(find(one.cookies, shop.cookie) for one in posted)
    assert brought == (host == BESIDE or shop.same_site == "None")

    ada.visit("/cart")
    assert (ada.name, ada.pieces) == (NAME, 1)


def test_a_link_from_another_site_leads_in_and_changes_nothing(
    victim: Browser, shop: Shop, addresses: dict[str, str]
) -> None:
    ada = shop.shopper(victim)
    ada.sign_in(NAME)
    for path in ("/sign-out", "/cart/linzer", "/account/sign-out-everywhere"):
        Attacker(victim, addresses[ACROSS]).lead_to(f"{shop.site.address}{path}")
        assert ada.status == 405
    ada.visit()
    assert (ada.name, ada.pieces) == (NAME, 0)


def test_a_sibling_plants_no_session(
    victim: Browser, shop: Shop, shops: dict[str, Shop], addresses: dict[str, str]
) -> None:
    mallory = shop.shopper(victim)
    mallory.sign_in("Mallory")
    (planted,) = victim.cookies_named(shop.cookie)
    victim.clear_cookies()
    attacker = Attacker(victim, addresses[BESIDE])
    attacker.plant([f"{shop.cookie}={planted.value}; {EVERYWHERE}"])
    ada = shop.shopper(victim)
    ada.visit()
    assert ada.name == ""
    ada.sign_in(NAME)
    attacker.plant([f"{shop.cookie}={planted.value}; {EVERYWHERE}"])
    ada.visit()
    assert ada.name == NAME


@pytest.mark.parametrize("shop", ["bare"], indirect=True)
def test_without_the_prefix_a_planted_session_is_never_taken_for_the_visitors(
    victim: Browser, shop: Shop, addresses: dict[str, str]
) -> None:
    mallory = shop.shopper(victim)
    mallory.sign_in("Mallory")
    (planted,) = victim.cookies_named(shop.cookie)
    victim.clear_cookies()
    ada = shop.shopper(victim)
    ada.sign_in(NAME)
    Attacker(victim, addresses[BESIDE]).plant(
        [f"{shop.cookie}={planted.value}; {EVERYWHERE}; Path=/cart"]
    )
    ada.visit("/cart")
    assert ada.name == ""
    ada.visit()
    assert ada.name == NAME


@pytest.mark.parametrize("shop", ["None", "Lax", "Strict", "bare"], indirect=True)
def test_its_own_walk_works(victim: Browser, shop: Shop) -> None:
    ada = shop.shopper(victim)
    ada.visit("/biscuit/linzer")
    ada.add("linzer")
    ada.sign_in(NAME)
    ada.visit("/checkout")
    victim.follow("main form button")
    assert (ada.status, ada.name, ada.pieces) == (200, NAME, 0)
    assert NAME in victim.text("main")
    ada.note("milk-jug", "for the tea on Sunday")
    assert ada.note_shown == "for the tea on Sunday"
    ada.sign_out()
    assert (ada.status, ada.name) == (200, "")
    assert {one.status for one in shop.notes.seen} <= {200, 303, 304, 404}
    posted = [one for one in shop.notes.seen if one.method == "POST"]
    assert {one.status for one in posted} == {303}
    assert {one.fetch_site for one in posted} == {"same-origin"}
