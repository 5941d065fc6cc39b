"""One story, told through every gateway and adapter, and under gunicorn: the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from cookie_sessions.adapters import KNOWN
from serverless.__main__ import HANDLERS, OVERFLOW
from serverless.gateway import GATEWAYS
from tests.examples.serverless.browser import Browser, Seen
from tests.examples.serverless.conftest import PATIENT
from tests.examples.serverless.running import function, under_gunicorn
from tests.examples.serverless.story import LONG, TWO, tell

pytestmark = pytest.mark.once

ALL = [(shape, adapter) for shape in GATEWAYS for adapter in HANDLERS]
ONE_COOKIE = [(shape, adapter) for shape, adapter in ALL if (adapter, shape) in KNOWN]
"""Where one Set-Cookie header of a response survives."""

WHOLE = [pair for pair in ALL if pair not in ONE_COOKIE]
ONE_LINE = "alb-single"
"""The gateway that passes on the last of several Cookie lines alone."""


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
def reference(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Seen]:
    from cookie_sessions.keys import new_jwk_set

    folder = tmp_path_factory.mktemp("reference")
    keys = folder / "keys.json"
    keys.write_text(new_jwk_set())
    keys.chmod(0o600)
    server = request.getfixturevalue("dynalite")
    settings = PATIENT | {
        "JOTTER_COOKIE_SESSIONS_KEYS": f"file:{keys}",
        "JOTTER_COOKIE_SESSIONS_REVOCATIONS": f"{server.url}&prefix=reference:",
    }
    with under_gunicorn(settings=settings, folder=folder) as address:
        return tell(address)


@pytest.mark.parametrize(("shape", "adapter"), WHOLE)
def test_the_story_is_the_same_as_under_gunicorn(
    shape: str, adapter: str, settings: dict[str, str], tmp_path: Path, reference: dict[str, Seen]
) -> None:
    with function(shape, adapter, settings=settings, folder=tmp_path) as running:
        assert tell(running.address) == reference
        assert "Traceback" not in running.log


def test_there_is_a_way_on_which_one_cookie_survives() -> None:
    assert ONE_COOKIE == [("alb-single", "apig-wsgi")]


@pytest.mark.parametrize(("shape", "adapter"), ONE_COOKIE)
def test_where_one_cookie_survives_the_store_takes_what_has_no_room_in_it(
    shape: str, adapter: str, settings: dict[str, str], tmp_path: Path, reference: dict[str, Seen]
) -> None:
    with function(shape, adapter, settings=settings, folder=tmp_path) as running:
        story = tell(running.address)
        assert "Traceback" not in running.log
    one = ("jotter",)
    assert story == {what: seen._replace(cookies=one) for what, seen in reference.items()}


@pytest.mark.parametrize(("shape", "adapter"), ONE_COOKIE)
def test_where_one_cookie_survives_and_no_store_is_there_a_second_one_is_refused(
    shape: str, adapter: str, settings: dict[str, str], tmp_path: Path, reference: dict[str, Seen]
) -> None:
    del settings[OVERFLOW]
    with function(shape, adapter, settings=settings, folder=tmp_path) as running:
        story = tell(running.address)
        log = running.log
    one = ("jotter",)
    refused = Seen(500, None, (), one)
    as_before = reference["a note"]
    assert as_before == (200, "Ada", ("milk",), one)
    without_it = Seen(200, "Ada", (), one)
    assert story == reference | {
        "grown": refused,
        "grown, seen again": as_before,
        "a copy of the grown one": as_before,
        # What is forgotten is the note before.
        "shrunk": without_it,
        "shrunk, seen again": without_it,
    }
    assert "SessionTooLarge" in log
    assert "2 Set-Cookie lines where 1 are allowed" in log
    assert LONG[:16] not in log


@pytest.mark.parametrize(("shape", "adapter"), ONE_COOKIE)
def test_a_refusal_sets_no_cookie_and_one_can_sign_out_after_it(
    shape: str, adapter: str, settings: dict[str, str], tmp_path: Path
) -> None:
    del settings[OVERFLOW]
    with function(shape, adapter, settings=settings, folder=tmp_path) as running:
        browser = Browser(running.address)
        browser.sign_in("Ada")
        answer = browser.do("/notes", note=LONG)
        assert (answer.status, answer.headers.get_all("Set-Cookie")) == (500, None)
        copy = browser.copied()
        assert browser.look() == copy.look() == (200, "Ada", (), ("jotter",))
        assert browser.seen(browser.do("/sign-out")).name is None
        assert copy.look().name is None


@pytest.mark.parametrize(("shape", "adapter"), WHOLE)
def test_a_session_of_two_cookies_on_a_line_each_is_whole_or_nobodys(
    shape: str, adapter: str, settings: dict[str, str], tmp_path: Path
) -> None:
    with function(shape, adapter, settings=settings, folder=tmp_path) as running:
        browser = Browser(running.address)
        browser.sign_in("Ada")
        grown = browser.seen(browser.do("/notes", note=LONG))
        assert grown == (200, "Ada", (LONG,), TWO)
        nobodys = Seen(200, None, (), TWO)
        expected = nobodys if shape == ONE_LINE else grown
        assert browser.look_with_a_line_for_each_cookie() == expected
        assert browser.look() == grown
        assert "Traceback" not in running.log
