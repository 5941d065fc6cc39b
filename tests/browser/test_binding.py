"""What real browsers say of themselves is read as it should be: an update signs nobody out."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from cookie_sessions.policy.user_agent import parse
from tests.examples.conftest import RunningShop

from .conftest import running_shop
from .engine import Browser
from .shopper import Shopper

pytestmark = pytest.mark.once

NAME = "Ada Lovelace"
FAMILIES = {"chromium": "chrome", "firefox": "firefox"}
_HEADLESS = "HeadlessChrome"


@pytest.fixture(scope="module")
def bound_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """The shop with ``COOKIE_SESSIONS_BINDING = "standard"``."""
    folder = tmp_path_factory.mktemp("bound-shop")
    yield from running_shop(folder, factory="tests.browser.bound:create_app()")


@pytest.fixture
def visitor(
    kind: type[Browser], bound_shop: RunningShop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shopper]:
    """Somebody with a browser of their own, which may call itself what it likes afterwards."""
    with kind(tmp_path_factory.mktemp(kind.name)) as browser:
        shopper = Shopper(browser, bound_shop.address)
        # A browser with a window sends the same without this word.
        browser.introduce(who(shopper)["user_agent"].replace(_HEADLESS, "Chrome"), "de-DE,de,en")
        yield shopper


def who(shopper: Shopper) -> dict[str, Any]:
    shopper.visit("/client")
    found: dict[str, Any] = json.loads(shopper.browser.text("pre"))
    return found


def installed_version(browser: Browser) -> int:
    told = subprocess.run(
        [browser.programs[0], "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    found = re.search(r"(\d+)\.", told.stdout)
    assert found is not None, told.stdout
    return int(found[1])


def updated(user_agent: str, by: int) -> str:
    """The header after so many versions, of which a browser's own is in it once or twice."""
    major = parse(user_agent).major
    return re.sub(rf"\b{major}\.", f"{major + by}.", user_agent)


def test_a_browser_is_read_as_what_it_is(visitor: Shopper) -> None:
    agent = parse(who(visitor)["user_agent"])
    assert (agent.family, agent.system) == (FAMILIES[visitor.browser.name], "linux")
    assert agent.major == installed_version(visitor.browser)


def test_who_comes_again_after_an_update_with_the_languages_in_another_order_is_the_same(
    visitor: Shopper,
) -> None:
    visitor.sign_in(NAME)
    before = who(visitor)
    assert (before["user"], before["anomaly"], before["fresh"]) == (NAME, "", True)
    for versions, languages in ((1, "en,de-DE,de"), (7, "de-AT,de,en-GB,en")):
        newer = updated(before["user_agent"], versions)
        visitor.browser.introduce(newer, languages)
        after = who(visitor)
        assert after["user_agent"] == newer != before["user_agent"]
        assert after["languages"] != before["languages"]
        assert (after["user"], after["anomaly"], after["fresh"]) == (NAME, "", True)
        visitor.visit()
        visitor.add("linzer")
        assert who(visitor)["user"] == NAME


def test_who_comes_again_with_another_browsers_name_is_asked_for_a_proof(visitor: Shopper) -> None:
    visitor.sign_in(NAME)
    others = {
        "chromium": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        "firefox": (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/151.0.0.0 Safari/537.36"
        ),
    }
    visitor.browser.introduce(others[visitor.browser.name], "de-DE,de,en")
    after = who(visitor)
    assert after["anomaly"] == "reauthenticate: ('user_agent',)"
    assert (after["user"], after["fresh"]) == (NAME, False)
