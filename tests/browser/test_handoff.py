"""Real browsers take a user from one site to another over HTTPS, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.flask.two_sites import source_app, target_app

from .engine import PATIENCE, Browser
from .secure import Site

pytestmark = pytest.mark.once


class Sites(NamedTuple):
    """The addresses of the accounts and of the shop: two origins of two sites."""

    accounts: str
    shop: str


@pytest.fixture(scope="module", params=["Lax", "Strict", "None"])
def sites(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp("sites")
    accounts, shop = Site("accounts.localhost", folder), Site("shop.localhost", folder)
    source = source_app(
        COOKIE_SESSIONS_HANDOFF_ORIGIN=accounts.address,
        COOKIE_SESSIONS_HANDOFF_TARGETS=[f"{shop.address}/handoff/redeem"],
        SESSION_COOKIE_SECURE=True,
    )
    target = target_app(
        COOKIE_SESSIONS_HANDOFF_ORIGIN=shop.address,
        COOKIE_SESSIONS_HANDOFF_SOURCES=[f"{accounts.address}/handoff/send"],
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE=request.param,
        SESSION_COOKIE_NAME="__Host-session",
    )
    with accounts.serving(source), shop.serving(target):
        yield Sites(accounts.address, shop.address)


@pytest.fixture(scope="module")
def person(kind: type[Browser], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that believes the certificates of these sites."""
    with kind(tmp_path_factory.mktemp("person"), any_certificate=True) as browser:
        yield browser


@pytest.fixture
def ann(person: Browser, sites: Sites) -> Browser:
    """Somebody who is signed in at the accounts alone."""
    person.reset()
    person.open(f"{sites.accounts}/sign-in/ann")
    return person


def names(browser: Browser) -> list[str]:
    return sorted(cookie.name for cookie in browser.cookies())


def name_at(browser: Browser, sites: Sites) -> str:
    browser.open(f"{sites.shop}/")
    return browser.text()


def test_the_button_leads_to_the_other_site_where_the_user_is_signed_in(
    ann: Browser, sites: Sites
) -> None:
    assert name_at(ann, sites) == "nobody"
    ann.open(f"{sites.shop}/begin")
    assert ann.url.startswith(f"{sites.accounts}/handoff/send?")
    assert "__Host-handoff" in names(ann)
    ann.follow("button")
    assert ann.url == f"{sites.shop}/"
    assert name_at(ann, sites) == "Ann"
    assert names(ann) == ["__Host-session", "session"]


def test_a_page_that_sends_itself_is_allowed_to_by_its_own_policy(
    ann: Browser, sites: Sites
) -> None:
    ann.open(f"{sites.shop}/begin")
    ann.open(f"{ann.url}&automatic=1")
    deadline = time.monotonic() + PATIENCE
    while ann.url != f"{sites.shop}/" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert name_at(ann, sites) == "Ann"


def test_going_back_and_pressing_again_signs_nobody_in_twice(ann: Browser, sites: Sites) -> None:
    ann.open(f"{sites.shop}/begin")
    page = ann.url
    ann.follow("button")
    held = [cookie for cookie in ann.cookies() if cookie.name == "session"]
    ann.clear_cookies()
    ann.set_cookie(held[0])
    ann.open(page)
    ann.follow("button")
    assert "was begun in another browser" in ann.text()
    assert name_at(ann, sites) == "nobody"


def test_a_form_of_an_attackers_own_does_not_sign_the_victim_in(ann: Browser, sites: Sites) -> None:
    ann.open(f"{sites.shop}/begin")
    page = ann.url
    ann.open(f"{sites.shop}/begin")
    ann.open(page)
    ann.follow("button")
    assert "Begin again" in ann.text()
    assert name_at(ann, sites) == "nobody"
