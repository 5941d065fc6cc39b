"""One story, told through every gateway and adapter, and under gunicorn: the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from serverless.__main__ import HANDLERS
from serverless.gateway import GATEWAYS
from tests.examples.serverless.browser import Browser
from tests.examples.serverless.running import function, under_gunicorn
from tests.examples.serverless.story import LONG, TWO, tell

pytestmark = pytest.mark.once

LOSES_COOKIES = {("alb-single", "apig-wsgi")}
"""Of several Set-Cookie headers, these pass on the last one alone."""

ALL = [(shape, adapter) for shape in GATEWAYS for adapter in HANDLERS]
WHOLE = [pair for pair in ALL if pair not in LOSES_COOKIES]


def test_under_gunicorn_the_story_goes_as_it_should(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with under_gunicorn(settings=settings, folder=tmp_path) as address:
        story = tell(address)
    one = ("jotter",)
    assert story["first visit"] == (200, None, (), one)
    assert story["wrong password"].status == 403
    assert story["signed in"] == (200, "Ada", (), one)
    assert story["grown"] == (200, "Ada", ("milk", LONG), TWO)
    assert story["grown, seen again"] == story["grown"] == story["a copy of the grown one"]
    assert story["shrunk"] == (200, "Ada", ("milk",), one)
    assert story["shrunk, seen again"] == story["shrunk"]
    for ended in ("signed out everywhere", "the phone after that", "the copy after that"):
        assert story[ended][:3] == (200, None, ())
    assert story["signed in again"] == (200, "Ada", (), one)
    assert story["signed out"] == (200, None, (), one)


@pytest.fixture(scope="module")
def reference(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> object:
    from cookie_sessions.keys import new_jwk_set

    folder = tmp_path_factory.mktemp("reference")
    keys = folder / "keys.json"
    keys.write_text(new_jwk_set())
    keys.chmod(0o600)
    server = request.getfixturevalue("dynalite")
    settings = {
        "JOTTER_COOKIE_SESSIONS_KEYS": f"file:{keys}",
        "JOTTER_COOKIE_SESSIONS_REVOCATIONS": f"{server.url}&prefix=reference:",
    }
    with under_gunicorn(settings=settings, folder=folder) as address:
        return tell(address)


@pytest.mark.parametrize(("shape", "adapter"), WHOLE)
def test_the_story_is_the_same_as_under_gunicorn(
    shape: str, adapter: str, settings: dict[str, str], tmp_path: Path, reference: object
) -> None:
    with function(shape, adapter, settings=settings, folder=tmp_path) as running:
        assert tell(running.address) == reference
        assert "Traceback" not in running.log


@pytest.mark.parametrize(("shape", "adapter"), sorted(LOSES_COOKIES))
def test_an_adapter_that_loses_cookies_loses_the_session_when_it_grows(
    shape: str, adapter: str, settings: dict[str, str], tmp_path: Path
) -> None:
    with function(shape, adapter, settings=settings, folder=tmp_path) as running:
        browser = Browser(running.address, follows=False)
        browser.sign_in("Ada")
        assert browser.look() == (200, "Ada", (), ("jotter",))
        before = browser.value_of("jotter")
        answer = browser.do("/notes", note=LONG)
        # Two lines were written, and the last one arrived: a head that misses its other part.
        assert (answer.status, len(answer.headers.get_all("Set-Cookie") or [])) == (303, 1)
        assert [cookie.name for cookie in browser.jar] == ["jotter"]
        assert browser.value_of("jotter") != before
        # That is nobody's session, and never a part of one.
        assert browser.look()[:3] == (200, None, ())
        assert browser.seen(browser.sign_in("Ada")).status == 303
        assert browser.look() == (200, "Ada", (), ("jotter",))
