"""The keys of the function come from an imitation of Secrets Manager, and outlive its failures."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from cookie_sessions.keys import new_jwk_set, parse_jwk_set
from serverless.__main__ import HANDLERS
from serverless.sandbox import SECONDS
from tests.examples.serverless.browser import Browser
from tests.examples.serverless.running import function
from tests.examples.serverless.secrets_manager import Imitation, Moto
from tests.keys.sources.server import Answer

pytestmark = pytest.mark.once

PATIENCE = 60.0
FAILURES = {
    "throttles": Answer(400, b'{"__type": "ThrottlingException", "message": "slower"}'),
    "is at fault": Answer(500, b'{"__type": "InternalServiceError"}'),
    "hangs": Answer(200, b"", silent=True),
}


def kid_of(browser: Browser) -> bytes:
    """Which key sealed the browser's cookie: octets 2 to 5 of the envelope."""
    (cookie,) = browser.jar
    assert cookie.value is not None
    return base64.urlsafe_b64decode(cookie.value[:8])[2:6]


def kid_in(ring: str) -> bytes:
    return parse_jwk_set(ring, origin="the test").ring(time.time()).primary.kid


def wait_for(browser: Browser) -> None:
    """Ask until it is no 503 any more."""
    deadline = time.monotonic() + PATIENCE
    while browser.get("/").status == 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("adapter", HANDLERS)
def test_sessions_go_on_when_a_mock_of_the_secrets_manager_is_gone_after_the_first_invocation(
    adapter: str, settings: dict[str, str], tmp_path: Path
) -> None:
    ring = new_jwk_set()
    mock = Moto(tmp_path, ring)
    with (
        mock.running(),
        function("http", adapter, settings=settings | mock.settings, folder=tmp_path) as running,
    ):
        ada = Browser(running.address)
        assert ada.seen(ada.sign_in("Ada")).name == "Ada"
        mock.stop()
        time.sleep(1.2)
        assert ada.seen(ada.do("/notes", note="milk")).notes == ("milk",)
        assert "keys_unreadable" in running.log
        grace = Browser(running.address)
        assert grace.seen(grace.sign_in("Grace")).name == "Grace"
        assert kid_of(ada) == kid_of(grace) == kid_in(ring)
        # It comes back without the secret: no reason to forget the keys either.
        mock.start()
        time.sleep(1.2)
        assert ada.look().notes == ("milk",)


@pytest.mark.parametrize("adapter", HANDLERS)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_cold_start_while_a_mock_of_the_secrets_manager_fails_is_a_503_until_it_is_back(
    failure: str, adapter: str, settings: dict[str, str], tmp_path: Path
) -> None:
    ring = new_jwk_set()
    mock = Imitation(ring)
    mock.failure = FAILURES[failure]
    with (
        mock.running() as lead,
        function("http", adapter, settings=settings | lead, folder=tmp_path) as running,
    ):
        browser = Browser(running.address)
        began = time.monotonic()
        page = browser.get("/")
        assert time.monotonic() - began < SECONDS
        assert page.status == 503
        assert page.headers["Retry-After"] == "5"
        assert page.headers["Set-Cookie"] is None
        assert mock.asked
        mock.failure = None
        wait_for(browser)
        assert browser.seen(browser.sign_in("Ada")).name == "Ada"
        assert kid_of(browser) == kid_in(ring)


@pytest.mark.parametrize("failure", ["throttles", "is at fault"])
def test_a_running_function_keeps_its_keys_while_a_mock_of_the_secrets_manager_fails(
    failure: str, settings: dict[str, str], tmp_path: Path
) -> None:
    mock = Imitation(new_jwk_set())
    with (
        mock.running() as lead,
        function("rest", "mangum", settings=settings | lead, folder=tmp_path) as running,
    ):
        browser = Browser(running.address)
        assert browser.seen(browser.sign_in("Ada")).name == "Ada"
        mock.failure = FAILURES[failure]
        asked = mock.asked
        time.sleep(1.2)
        assert browser.seen(browser.do("/notes", note="milk")).notes == ("milk",)
        assert mock.asked > asked


def test_a_secret_of_a_mock_that_holds_no_ring_yet_is_an_error_and_no_session(
    settings: dict[str, str], tmp_path: Path
) -> None:
    mock = Imitation("")
    with (
        mock.running() as lead,
        function("http", "apig-wsgi", settings=settings | lead, folder=tmp_path) as running,
    ):
        page = Browser(running.address).get("/")
        assert page.status == 500
        assert page.headers["Set-Cookie"] is None
        assert "Put a JWK Set into it" in running.log
