"""Sessions end in every sandbox: by a list in DynamoDB, or by a signed snapshot of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.examples.serverless.browser import Browser
from tests.examples.serverless.conftest import TIMEOUT
from tests.examples.serverless.running import environment_of, function
from tests.gunicorn_server import ROOT
from tests.stores.dynamodb_backend import Dynalite

pytestmark = pytest.mark.once

REVOCATIONS = "JOTTER_COOKIE_SESSIONS_REVOCATIONS"
INDEX_KEY = "JOTTER_COOKIE_SESSIONS_INDEX_KEY"
STALENESS = 2.0
"""Seconds for which a sandbox goes by what it read last, by default."""

ENOUGH = 60.0


def wait_until_signed_out(browser: Browser, *, seconds: float) -> None:
    """Look until it is; who asks later than after so many seconds is nobody, however slowly."""
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        if browser.look().name is None:
            return
        assert asked < deadline
        time.sleep(0.1)


def at(address: str, browser: Browser) -> Browser:
    """The same cookies at another sandbox: browsers tell hosts apart and not ports."""
    copied = browser.copied()
    copied.address = address
    return copied


def test_what_ends_in_one_sandbox_ends_in_another_by_the_list_in_dynamodb(
    settings: dict[str, str], tmp_path: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with (
        function("http", "apig-wsgi", settings=settings, folder=folders[0]) as one,
        function("alb-multi", "mangum", settings=settings, folder=folders[1]) as two,
    ):
        ada = Browser(one.address)
        ada.sign_in("Ada")
        there = at(two.address, ada)
        assert there.look().name == "Ada"
        copy = ada.copied()
        ada.do("/sign-out")
        assert copy.look().name is None
        wait_until_signed_out(there, seconds=STALENESS + 1)
        ada.sign_in("Ada")
        there = at(two.address, ada)
        assert there.look().name == "Ada"
        ada.do("/sign-out-everywhere")
        wait_until_signed_out(there, seconds=STALENESS + 1)


def test_while_dynamodb_does_not_answer_a_visit_is_a_503_and_the_session_lives_on(
    settings: dict[str, str], tmp_path: Path, dynalite: Dynalite
) -> None:
    # The visit that meets the outage waits so long, and not for longer than a client would.
    settings |= {TIMEOUT: "4"}
    with function("http", "apig-wsgi", settings=settings, folder=tmp_path) as running:
        ada = Browser(running.address)
        ada.sign_in("Ada")
        dynalite.pause()
        try:
            time.sleep(STALENESS + 0.2)
            page = ada.get("/")
            assert page.status == 503
            assert page.headers["Retry-After"]
            assert page.headers["Set-Cookie"] is None
        finally:
            dynalite.resume()
        deadline = time.monotonic() + ENOUGH
        while ada.get("/").status == 503:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert ada.look().name == "Ada"


def test_what_ends_in_dynamodb_ends_where_a_snapshot_is_read(
    settings: dict[str, str], tmp_path: Path
) -> None:
    snapshot, reading = tmp_path / "snapshot", tmp_path / "reading"
    snapshot.mkdir()
    reading.mkdir()
    settings |= {INDEX_KEY: "only letters stand in here so that it is text"}
    private = tmp_path / "snapshot-key.json"
    public = publisher("snapshot-key", "new", "--out", str(private), settings=settings)
    reader = settings | {
        REVOCATIONS: f"snapshot:file:{snapshot}/revocations.jwt",
        "JOTTER_COOKIE_SESSIONS_SNAPSHOT_KEYS": json.dumps(json.loads(public)),
        "JOTTER_COOKIE_SESSIONS_UNSAFE_LOGOUT_KEEPS_COPIES": "true",
    }
    publishing = ["publish", "--folder", str(snapshot), "--signing-key", str(private)]
    publishing += ["--ttl", "1s"]
    with (
        function("http", "apig-wsgi", settings=settings, folder=tmp_path) as writer,
        function("http", "mangum", settings=reader, folder=reading) as edge,
    ):
        ada, grace = Browser(writer.address), Browser(writer.address)
        ada.sign_in("Ada")
        grace.sign_in("Grace")
        publisher(*publishing, settings=settings)
        ada_there, grace_there = at(edge.address, ada), at(edge.address, grace)
        assert (ada_there.look().name, grace_there.look().name) == ("Ada", "Grace")
        assert "/sign-out-everywhere" not in ada_there.get("/").html
        ada.do("/sign-out-everywhere")
        publisher(*publishing, settings=settings)
        wait_until_signed_out(ada_there, seconds=ENOUGH)
        assert grace_there.look().name == "Grace"


def publisher(*arguments: str, settings: dict[str, str]) -> str:
    """What a command of cookie-sessions prints, from the machine that publishes."""
    variables = {
        "COOKIE_SESSIONS_REVOCATIONS": settings[REVOCATIONS],
        "COOKIE_SESSIONS_INDEX_KEY": settings[INDEX_KEY],
    }
    done = subprocess.run(
        [sys.executable, "-m", "cookie_sessions.cli", "revocations", *arguments],
        cwd=ROOT,
        env=environment_of(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
