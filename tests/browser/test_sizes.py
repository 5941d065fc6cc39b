"""Sessions of any size in a real browser: one cookie, several, and one again."""

from __future__ import annotations

import re

import pytest

from tests.examples.conftest import RunningShop

from .engine import Browser
from .growth import NAMES, SHELF, leave_notes, note_of, size
from .shopper import Shopper

pytestmark = pytest.mark.once

NAME = "Ada Lovelace"
FIRST, SECOND = SHELF
TOO_MUCH = 4_000

STEPS = ((0, 1), (2_750, 1), (3_800, 2), (5_700, 2), (7_200, 2), (3_800, 2), (2_750, 1), (0, 1))
"""Octets of notes, and how many cookies the session then takes: from 0.2 to 7.5 kB and back."""

RESTARTED_AT = (3_800, 7_200)


@pytest.fixture
def roomy(browser: Browser, roomy_shop: RunningShop) -> Shopper:
    return Shopper(browser, roomy_shop.address)


def test_a_session_grows_to_7500_octets_and_shrinks_again_and_is_there_at_each_size(
    roomy: Shopper,
) -> None:
    roomy.sign_in(NAME, remember=True)
    roomy.visit(f"/biscuit/{FIRST}")
    before = 0
    sizes = []
    restarts = set(RESTARTED_AT)
    for octets, cookies in STEPS:
        notes = leave_notes(roomy, octets, before)
        before = octets
        sizes.append(size(roomy))
        assert [*roomy.cookies()] == [*NAMES[:cookies]], (octets, seen(roomy))
        if octets in restarts:
            restarts.remove(octets)
            roomy.browser.restart()
            roomy.visit(f"/biscuit/{FIRST}")
        roomy.browser.reload()
        assert (roomy.status, roomy.name) == (200, NAME)
        shown = SECOND if roomy.browser.url.endswith(SECOND) else FIRST
        assert roomy.note_shown == notes[shown]
        assert [*roomy.cookies()] == [*NAMES[:cookies]], (octets, seen(roomy))
    assert sizes[0] < 350
    assert sizes[-1] < 350
    assert sizes[1:-1] == pytest.approx([3_000, 4_100, 6_000, 7_500, 4_100, 3_000], abs=150)


def seen(shopper: Shopper) -> tuple[object, ...]:
    """What the page says of itself, for a failure to tell."""
    notes = shopper.browser.count("#note") and len(shopper.note_shown)
    return shopper.browser.url, shopper.status, shopper.heading, notes, size(shopper)


def _check(shopper: Shopper, notes: dict[str, str]) -> None:
    assert shopper.note_on(FIRST) == notes[FIRST]
    assert (shopper.status, shopper.name) == (200, NAME)


def test_two_tabs_work_on_one_large_session(roomy: Shopper) -> None:
    roomy.sign_in(NAME)
    notes = leave_notes(roomy, 7_200)
    with roomy.browser.in_new_tab():
        _check(roomy, notes)
        roomy.note(SECOND, "")
        roomy.add(SECOND)
        assert (roomy.name, roomy.pieces) == (NAME, 1)
    roomy.note(FIRST, note_of(FIRST, 1_000))
    assert (roomy.status, roomy.name, roomy.pieces) == (200, NAME, 1)
    with roomy.browser.in_new_tab():
        assert roomy.note_on(FIRST) == note_of(FIRST, 1_000)
        assert roomy.note_on(SECOND) == ""
    assert [*roomy.cookies()] == [*NAMES[:1]]


def test_signing_out_takes_every_cookie_of_a_large_session_away(roomy: Shopper) -> None:
    roomy.sign_in(NAME)
    leave_notes(roomy, 7_200)
    assert [*roomy.cookies()] == [*NAMES[:2]]
    roomy.sign_out()
    assert (roomy.status, roomy.name) == (200, "")
    assert [*roomy.cookies()] == [*NAMES[:1]]
    assert size(roomy) < 350


def test_above_the_limits_and_without_a_store_the_visitor_sees_an_error_page_and_loses_nothing(
    browser: Browser, bare_shop: RunningShop
) -> None:
    shopper = Shopper(browser, bare_shop.address)
    shopper.sign_in(NAME)
    leave_notes(shopper, 1_000)
    held = shopper.cookies()
    logged = bare_shop.log.stat().st_size
    leave_notes(shopper, TOO_MUCH, 1_000)
    assert shopper.status == 500
    assert browser.count("header.top") == 1
    for word in ("octets", "SessionTooLarge", "Traceback"):
        assert word not in browser.text()
    assert shopper.cookies() == held
    assert shopper.note_on(FIRST) == note_of(FIRST, 1_000)
    assert (shopper.status, shopper.name) == (200, NAME)
    told = bare_shop.log.read_bytes()[logged:].decode()
    assert "SessionTooLarge: The session does not fit" in told
    assert "COOKIE_SESSIONS_PROFILE" in told
    assert _octets_of_notes(told) > 3_000
    assert note_of(FIRST, TOO_MUCH)[:20] not in told


def test_above_the_limits_and_without_a_store_the_developer_sees_the_octets_of_each_key(
    browser: Browser, debugged_shop: RunningShop
) -> None:
    shopper = Shopper(browser, debugged_shop.address)
    shopper.sign_in(NAME)
    leave_notes(shopper, TOO_MUCH)
    assert shopper.status == 500
    told = browser.text()
    assert "SessionTooLarge" in told
    assert _octets_of_notes(told) > 3_000
    for key in ("_forms", "user", "last_visit"):
        assert re.search(rf"^\s*{key} +\d+$", told, re.MULTILINE), key


def _octets_of_notes(told: str) -> int:
    found = re.search(r"session key +octets\n *notes +(\d+)$", told, re.MULTILINE)
    assert found is not None, told[-2_000:]
    return int(found[1])


def test_above_the_limits_and_with_a_store_the_session_works_and_its_cookie_stays_small(
    shopper: Shopper, shop: RunningShop
) -> None:
    shopper.sign_in(NAME, remember=True)
    leave_notes(shopper, 1_000)
    notes = leave_notes(shopper, 6_500, 1_000)
    assert [*shopper.cookies()] == [*NAMES[:1]]
    assert size(shopper) < 450
    shopper.browser.restart()
    _check(shopper, notes)
    with shopper.browser.in_new_tab():
        assert shopper.note_on(SECOND) == notes[SECOND]
    shopper.visit("/cookie")
    assert shopper.browser.text(".kept tbody th") == "notes"
    stored = int(shopper.browser.text(".kept tbody td").replace(",", ""))
    assert stored == pytest.approx(6_500 * 3 / 4, abs=200)
    for file in shop.instance.glob("overflow.db*"):
        assert notes[FIRST][:16].encode() not in file.read_bytes()
    assert (shop.instance / "overflow.db").exists()
    leave_notes(shopper, 1_000, 6_500)
    shopper.visit("/cookie")
    assert shopper.browser.count(".kept") == 0
    assert size(shopper) > 1_000
