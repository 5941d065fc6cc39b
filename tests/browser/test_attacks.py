"""Other sites' pages attack a shop in real browsers: what it saw, and that nothing came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cookie_sessions.errors import CsrfReason

from .attacked import HOST, NOBODY, AttackedShop, Deed, Setup
from .attacker import ACROSS, ASKING, BESIDE, EVERYWHERE, FORMS, LOADS, Attacker, disguises
from .engine import Browser

pytestmark = pytest.mark.once

PLAIN = [Setup(same_site, None) for same_site in ("None", "Lax", "Strict")]
PREFIXED = [Setup(same_site, "host") for same_site in ("None", "Lax", "Strict", "")]
SETUPS = PLAIN + PREFIXED

ORIGINS = [(setup, ACROSS) for setup in SETUPS] + [(setup, BESIDE) for setup in PREFIXED]
"""Of a sibling subdomain's requests every one brings the cookie, whatever the settings."""

DEEPER = f"{EVERYWHERE}; Path=/order"
"""A path by which a cookie comes before the shop's own."""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Setup, AttackedShop]]:
    """One for each setting, at other ports of one host."""
    folder = tmp_path_factory.mktemp("attacked")
    with ExitStack() as stack:
        made = {setup: AttackedShop(setup, folder) for setup in SETUPS}
        for one in made.values():
            stack.enter_context(one.serving())
        yield made


@pytest.fixture(params=SETUPS, ids=str)
def shop(
    request: pytest.FixtureRequest, shops: dict[Setup, AttackedShop], victim: Browser
) -> AttackedShop:
    victim.reset()
    found = shops[request.param]
    found.forget()
    return found


def sign_in(victim: Browser, shop: AttackedShop) -> None:
    victim.open(f"{shop.address}/")
    victim.follow("#sign-in button")
    assert victim.text("#name") == "ann"
    shop.forget()


def order(victim: Browser, shop: AttackedShop) -> None:
    victim.open(f"{shop.address}/")
    victim.follow("#order button")


def name_at(victim: Browser, shop: AttackedShop) -> str:
    victim.open(f"{shop.address}/plain")
    return victim.text("#name")


def with_the_cookie(victim: Browser, same_site: str, host: str) -> set[str]:
    """Which requests bring the victim's cookie, as browsers have it.

    Where nothing is said, Firefox takes None; Chromium takes Lax, but for two minutes lets a form
    bring the cookie.
    """
    every = {*FORMS, *LOADS, "form", "link"}
    unsaid = {"form", "link"} if victim.name == "chromium" else every
    across = {"Strict": set[str](), "Lax": {"link"}, "None": every, "": unsaid}
    return every if host == BESIDE else across[same_site]


@pytest.mark.parametrize(("shop", "host"), ORIGINS, indirect=["shop"], ids=str)
def test_nothing_that_another_origin_sends_does_anything_in_the_victims_name(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str], host: str
) -> None:
    # Whatever is sent brings a token of the attacker's own, good for the attacker's session.
    _, token = shop.attacker
    sign_in(victim, shop)
    attacker = Attacker(victim, addresses[host])
    assert attacker.send_in_background(shop.address, ("/order", "/unguarded"), token) == []
    shop.notes.wait_for("beacon", 2)
    for path in ("/sign-in", "/unguarded", "/nowhere"):
        attacker.send_form(f"{shop.address}{path}?by=form", token)
    attacker.lead_to(f"{shop.address}/plain?by=link")

    sent = [one for one in shop.seen if one.by]
    assert {one.fetch_site for one in sent} == {"cross-site" if host == ACROSS else "same-site"}
    # What the browser asked for first was never sent.
    assert {(one.method, one.by) for one in sent} == {
        *(("POST", by) for by in (*FORMS, "form")),
        *(("OPTIONS", by) for by in ASKING),
        *(("GET", by) for by in (*LOADS, "link")),
    }
    guarded = [one for one in sent if one.method == "POST" and one.path in ("/order", "/sign-in")]
    assert len(guarded) == len(FORMS) + 1
    assert {one.status for one in guarded} == {403}
    assert shop.refusals == [CsrfReason.CROSS_SITE] * len(guarded)
    named = {one.by for one in sent if shop.has_cookie(one)}
    assert named == with_the_cookie(victim, shop.setup.same_site, host)
    # Without the protection every one of these that brings the cookie has its way.
    assert sorted(shop.done) == sorted(
        Deed(by, "/unguarded", "ann" if by in named else NOBODY) for by in (*FORMS, "form")
    )
    # The victim is still who she was, and the shop's own form works.
    order(victim, shop)
    assert shop.done[-1] == Deed("shop", "/order", "ann")


@pytest.mark.parametrize("shop", [PLAIN[1], PREFIXED[2]], indirect=True, ids=str)
def test_the_shop_itself_works(victim: Browser, shop: AttackedShop) -> None:
    sign_in(victim, shop)
    order(victim, shop)
    assert victim.text() == "done"
    assert shop.done == [Deed("shop", "/order", "ann")]
    (cookie,) = victim.cookies()
    assert (cookie.name, cookie.domain, cookie.path) == (shop.setup.cookie, HOST, "/")
    assert (cookie.secure, cookie.http_only) == (True, True)


@pytest.mark.parametrize("shop", PREFIXED[1:3], indirect=True, ids=str)
def test_under_strict_a_link_to_a_page_with_a_form_begins_another_session(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str]
) -> None:
    # The cookie stays behind, so the form's token makes a session, which takes the other's place.
    sign_in(victim, shop)
    Attacker(victim, addresses[ACROSS]).lead_to(f"{shop.address}/?by=link")
    assert name_at(victim, shop) == (NOBODY if shop.setup.same_site == "Strict" else "ann")
    assert shop.done == []


def test_a_cookie_in_disguise_is_nobodys(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str]
) -> None:
    # Behind each of them is a session that would open: the attacker's own.
    value, _ = shop.attacker
    pairs = disguises(shop.setup.cookie, value)
    Attacker(victim, addresses[BESIDE]).plant(f"{pair}; {EVERYWHERE}" for pair in pairs)
    assert name_at(victim, shop) == NOBODY
    # Either browser refuses a pair without a name, and whatever begins with the prefix.
    let_through = [pair for pair in pairs if not pair.lower().startswith(("=", "__host-"))]
    assert sorted(shop.notes.last("/plain").cookie_pairs) == sorted(let_through)
    sign_in(victim, shop)


@pytest.mark.parametrize("shop", PREFIXED, indirect=True, ids=str)
def test_with_the_prefix_a_sibling_plants_nothing(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str]
) -> None:
    value, _ = shop.attacker
    lines = [f"{shop.setup.cookie}={value}; {scope}" for scope in (EVERYWHERE, DEEPER)]
    attacker = Attacker(victim, addresses[BESIDE])
    attacker.plant(lines)
    assert name_at(victim, shop) == NOBODY
    sign_in(victim, shop)
    attacker.plant(lines)
    order(victim, shop)
    assert shop.done == [Deed("shop", "/order", "ann")]
    assert [one for one in shop.seen if value in one.cookies] == []


@pytest.mark.parametrize("shop", PLAIN, indirect=True, ids=str)
def test_without_the_prefix_a_planted_session_keeps_the_victims_away_and_is_not_taken_for_it(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str]
) -> None:
    value, _ = shop.attacker
    sign_in(victim, shop)
    scopes = (EVERYWHERE, DEEPER)
    attacker = Attacker(victim, addresses[BESIDE])
    attacker.plant(f"{shop.setup.cookie}={value}; {scope}" for scope in scopes)
    order(victim, shop)
    refused = shop.notes.last("/order")
    assert value in refused.cookies
    assert (refused.status, shop.done) == (403, [])
    assert name_at(victim, shop) == NOBODY


@pytest.mark.parametrize("shop", PLAIN, indirect=True, ids=str)
def test_without_the_prefix_who_has_no_session_is_given_the_planted_one(
    victim: Browser, shop: AttackedShop, addresses: dict[str, str]
) -> None:
    # The limit that the prefix is for.
    value, _ = shop.attacker
    planted = f"{shop.setup.cookie}={value}; {EVERYWHERE}"
    Attacker(victim, addresses[BESIDE]).plant([planted])
    assert name_at(victim, shop) == "mallory"
