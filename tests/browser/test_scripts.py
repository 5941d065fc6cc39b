"""A script that an attacker got into a page of the shop, against the session's cookie."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from .shopper import COOKIE, Shopper

pytestmark = pytest.mark.once

NAME = "Ada Lovelace"

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "overwritten": f"{COOKIE}=EVIL",
        "overwritten at its own path": f"{COOKIE}=EVIL; path=/",
        "emptied": f"{COOKIE}=; path=/",
        "deleted": f"{COOKIE}=EVIL; path=/; max-age=0",
        "set without a name": f"={COOKIE}=EVIL; path=/",
    }
)
"""What no browser does for a script: its cookie is HttpOnly."""

DUPLICATES: Mapping[str, str] = MappingProxyType(
    {
        "at a longer path": f"{COOKIE}=EVIL; path=/cart",
        "emptied at a longer path": f"{COOKIE}=; path=/cart",
    }
)
"""Cookies of our name that browsers take from a script, and that do not open."""

LOOKALIKES: Mapping[str, str] = MappingProxyType(
    {
        "behind a comma": "x=1,{cookie}; path=/cart",
        "behind a blank": "x=1 {cookie}; path=/cart",
        "in quotes": 'x="1,{cookie}"; path=/cart',
        "behind U+0085": "\u0085{cookie}; path=/cart",
        "behind U+00A0": "\u00a0{cookie}; path=/cart",
        "behind U+2000": "\u2000{cookie}; path=/cart",
    }
)
"""What a reader takes for our cookie that splits at commas or strips more than SP and HTAB."""

SET = "document.cookie = arguments[0]; return document.cookie"
"""It reads in the end because Chromium lets a script go on before a cookie is set."""

EVERYTHING = """
return Promise.resolve(window.cookieStore ? cookieStore.getAll() : []).then(found => JSON.stringify(
  [document.cookie, found, Object.entries(localStorage), Object.entries(sessionStorage),
   document.documentElement.outerHTML]));
"""

THROUGH_THE_STORE = """
const [name] = arguments;
if (!window.cookieStore) return;
const attempts = [cookieStore.set(name, "EVIL"), cookieStore.delete(name)];
return Promise.allSettled(attempts).then(() => null);
"""


def test_no_script_of_the_page_sees_the_cookie(shopper: Shopper) -> None:
    shopper.sign_in(NAME, remember=True)
    found = shopper.browser.script(EVERYTHING)
    assert NAME in found
    assert COOKIE not in found
    assert shopper.cookie().value not in found


def test_no_script_of_the_page_replaces_or_deletes_the_cookie(shopper: Shopper) -> None:
    shopper.sign_in(NAME)
    before = shopper.cookie()
    for cookie in REFUSED.values():
        shopper.browser.script(SET, cookie)
    shopper.browser.script(THROUGH_THE_STORE, COOKIE)
    assert shopper.cookie() == before
    shopper.visit()
    assert (shopper.status, shopper.name) == (200, NAME)


def test_a_duplicate_that_does_not_open_leaves_the_session_what_it_was(shopper: Shopper) -> None:
    shopper.sign_in(NAME)
    assert _seen_beside(shopper, DUPLICATES) == dict.fromkeys(DUPLICATES, (1, 200, NAME))


def test_another_persons_session_under_a_name_like_ours_is_no_session_of_ours(
    shopper: Shopper,
) -> None:
    theirs = f"{COOKIE}={_session_of_another(shopper)}"
    shopper.sign_in(NAME)
    planted = {how: line.format(cookie=theirs) for how, line in LOOKALIKES.items()}
    assert _seen_beside(shopper, planted) == dict.fromkeys(LOOKALIKES, (1, 200, NAME))


def test_a_visitor_goes_on_working_beside_a_shadow(shopper: Shopper) -> None:
    shopper.sign_in(NAME)
    shopper.browser.script(SET, DUPLICATES["at a longer path"])
    shopper.add("linzer")
    shopper.visit("/cart")
    shopper.add("linzer/remove")
    assert (shopper.status, shopper.name, shopper.pieces) == (200, NAME, 0)
    shopper.sign_out()
    assert (shopper.status, shopper.name) == (200, "")


def test_another_persons_session_under_our_name_makes_nobody_of_the_visitor(
    shopper: Shopper,
) -> None:
    theirs = _session_of_another(shopper)
    shopper.sign_in(NAME)
    shopper.browser.script(SET, f"{COOKIE}={theirs}; path=/cart")
    shopper.visit("/cart")
    assert (shopper.status, shopper.name) == (200, "")
    shopper.visit()
    assert (shopper.status, shopper.name) == (200, NAME)


def _session_of_another(shopper: Shopper) -> str:
    shopper.sign_in("Mallory")
    theirs = shopper.cookie().value
    shopper.browser.clear_cookies()
    return theirs


def _seen_beside(shopper: Shopper, cookies: Mapping[str, str]) -> dict[str, tuple[int, int, str]]:
    """How many cookies a script planted, and what its visitor then gets from the cart's page."""
    mine = shopper.cookie()
    seen = {}
    for how, cookie in cookies.items():
        shopper.browser.script(SET, cookie)
        planted = len(shopper.browser.cookies()) - 1
        shopper.visit("/cart")
        seen[how] = (planted, shopper.status, shopper.name)
        shopper.browser.clear_cookies()
        shopper.browser.set_cookie(mine)
    return seen
