"""A session of two cookies whose owner edits, swaps, copies or deletes one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from tests.examples.conftest import RunningShop

from .engine import Browser, BrowserCookie
from .growth import NAMES, leave_notes
from .shopper import Shopper

pytestmark = pytest.mark.once

NAME = "Ada Lovelace"
ANOTHER = "Mallory"

ARTICLE = "/biscuit/linzer"
HEAD, CHUNK, SPARE = NAMES[:3]

Pair = tuple[BrowserCookie, BrowserCookie]
Edit = Callable[[BrowserCookie, BrowserCookie, Pair], Sequence[BrowserCookie]]


def _changed(cookie: BrowserCookie, place: int) -> BrowserCookie:
    other = "A" if cookie.value[place] != "A" else "B"
    value = cookie.value[:place] + other + cookie.value[place + 1 :]
    return replace(cookie, value=value)


LOST: Mapping[str, Edit] = MappingProxyType(
    {
        "a sealed character of the chunk": lambda head, chunk, _: [head, _changed(chunk, 200)],
        "its place": lambda head, chunk, _: [head, _changed(chunk, 1)],
        "its tag": lambda head, chunk, _: [head, _changed(chunk, 4)],
        "emptied": lambda head, chunk, _: [head, replace(chunk, value="")],
        "cut short": lambda head, chunk, _: [head, replace(chunk, value=chunk.value[:-1])],
        "deleted": lambda head, chunk, _: [head],
        "the head deleted": lambda head, chunk, _: [chunk],
        "a count that lies": lambda head, chunk, _: [_changed(head, 1), chunk],
        "swapped": lambda head, chunk, _: [
            replace(head, value=chunk.value),
            replace(chunk, value=head.value),
        ],
        "renamed": lambda head, chunk, _: [head, replace(chunk, name=SPARE)],
        "another person's chunk": lambda head, _, others: [head, others[1]],
    }
)
KEPT: Mapping[str, Edit] = MappingProxyType(
    {
        "twice, the copy at another path": lambda head, chunk, _: [
            head,
            chunk,
            replace(chunk, path="/cart"),
        ],
        "junk of its name at another path": lambda head, chunk, _: [
            head,
            chunk,
            replace(chunk, path="/cart", value="~1junk"),
        ],
        "another person's chunk at another path": lambda head, chunk, others: [
            head,
            chunk,
            replace(others[1], path="/cart"),
        ],
        "one too many": lambda head, chunk, _: [head, chunk, replace(chunk, name=SPARE)],
    }
)


@pytest.fixture
def roomy(browser: Browser, roomy_shop: RunningShop) -> Shopper:
    return Shopper(browser, roomy_shop.address)


def _pair(shopper: Shopper, name: str) -> Pair:
    shopper.sign_in(name)
    leave_notes(shopper, 5_700)
    head, chunk = shopper.cookies().values()
    assert (head.name, chunk.name) == (HEAD, CHUNK)
    return head, chunk


def test_a_chunk_that_its_owner_damages_makes_nobody_of_the_visitor_and_the_shop_goes_on(
    roomy: Shopper,
) -> None:
    others = _pair(roomy, ANOTHER)
    roomy.hold()
    head, chunk = _pair(roomy, NAME)
    roomy.hold(head, chunk)
    roomy.visit()
    assert roomy.name == NAME
    seen = {}
    for edit, edited in LOST.items():
        roomy.hold(*edited(head, chunk, others))
        roomy.visit(ARTICLE)
        first = (roomy.status, roomy.name, roomy.pieces)
        roomy.add("linzer")
        seen[edit] = (first, (roomy.status, roomy.name, roomy.pieces), [*roomy.cookies()])
    assert seen == dict.fromkeys(LOST, ((200, "", 0), (200, "", 1), [HEAD]))
    roomy.hold(head, chunk)
    roomy.visit()
    assert roomy.name == NAME


def test_a_copy_of_a_chunk_or_one_too_many_changes_nothing_for_the_visitor(
    roomy: Shopper,
) -> None:
    others = _pair(roomy, ANOTHER)
    roomy.hold()
    head, chunk = _pair(roomy, NAME)
    seen = {}
    for edit, edited in KEPT.items():
        roomy.hold(*edited(head, chunk, others))
        roomy.visit("/cart")
        first = (roomy.status, roomy.name)
        roomy.visit(ARTICLE)
        roomy.add("linzer")
        names = {(cookie.name, cookie.path) for cookie in roomy.browser.cookies()}
        seen[edit] = (first, (roomy.status, roomy.name, roomy.pieces), (SPARE, "/") in names)
    assert seen == dict.fromkeys(KEPT, ((200, NAME), (200, NAME, 1), False))


def test_a_changed_copy_of_a_chunk_decides_nothing_where_it_is_sent_and_elsewhere_is_not_seen(
    roomy: Shopper,
) -> None:
    head, chunk = _pair(roomy, NAME)
    roomy.hold(head, chunk, replace(_changed(chunk, 200), path="/cart"))
    roomy.visit("/cart")
    assert (roomy.status, roomy.name) == (200, "")
    roomy.hold(head, chunk, replace(_changed(chunk, 200), path="/cart"))
    roomy.visit()
    assert (roomy.status, roomy.name) == (200, NAME)
