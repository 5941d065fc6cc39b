"""A cold start while Secrets Manager throttles or hangs. What answers is a mock: a small server
that speaks as AWS does, because the real one can't be had here and does not throttle on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from cookie_sessions.keys import new_jwk_set
from cookie_sessions.keys.provider import FIRST_REST_SECONDS
from cookie_sessions.keys.sources.aws import TRIES
from cookie_sessions.keys.sources.deadline import SECONDS
from tests.conftest import missing
from tests.flask.frozen import Sandbox, Told, sandbox
from tests.keys.sources.server import Answer, Request, Server

pytestmark = pytest.mark.once

THROTTLED = Answer(
    400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}', kind="application/json"
)
SILENT = Answer(200, b"", silent=True)
ON_A_BUSY_MACHINE = 10.0
BACK = FIRST_REST_SECONDS[-1] - FIRST_REST_SECONDS[0]
"""By how much a clock may be set back during the first rest, which then is as long as the last."""


class Secrets:
    """In place of Secrets Manager: a secret, or what the service does instead."""

    def __init__(self) -> None:
        self.ring = new_jwk_set(now=time.time() - 864_000)
        self.fault: Answer | None = None
        self.asked = 0

    def answer(self, request: Request) -> Answer:
        self.asked += 1
        if self.fault is not None:
            return self.fault
        given = {"Name": "shop/keys", "VersionStages": ["AWSCURRENT"], "SecretString": self.ring}
        return Answer(200, json.dumps(given).encode(), kind="application/x-amz-json-1.1")


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@contextmanager
def cold(secrets: Secrets, folder: Path, **environment: str) -> Iterator[Sandbox]:
    """A sandbox that has answered nobody yet, whose keys are in the mock."""
    if find_spec("boto3") is None:
        missing("boto3", "pip install boto3")
    with (
        Server(secrets.answer) as server,
        sandbox(
            {"COOKIE_SESSIONS_KEYS": "aws-secretsmanager:shop/keys"},
            AWS_ENDPOINT_URL=server.address,
            AWS_ACCESS_KEY_ID="mocked",
            AWS_SECRET_ACCESS_KEY="mocked",
            AWS_REGION="eu-central-1",
            AWS_EC2_METADATA_DISABLED="true",
            AWS_CONFIG_FILE=str(folder / "none"),
            AWS_SHARED_CREDENTIALS_FILE=str(folder / "none"),
            **environment,
        ) as visited,
    ):
        yield visited


def turned_away(told: Told) -> None:
    assert (told.status, told.retry_after, told.cookies) == (503, "5", [])


@pytest.fixture
def elsewhere(secrets: Secrets) -> Iterator[Sandbox]:
    """Another instance, which has the same ring."""
    with sandbox({"COOKIE_SESSIONS_KEYS": "env:SHOP_KEYS"}, SHOP_KEYS=secrets.ring) as other:
        yield other


@pytest.mark.parametrize("threads", ["", "none"])
@pytest.mark.parametrize("checks", ["", "at the start"])
def test_a_mock_that_throttles_gives_503_until_it_answers_and_then_the_right_key_counts(
    secrets: Secrets, elsewhere: Sandbox, tmp_path: Path, threads: str, checks: str
) -> None:
    cookie = elsewhere.get("/sign-in").cookie
    secrets.fault = THROTTLED
    with cold(secrets, tmp_path, THREADS=threads, CHECKS=checks) as visited:
        for path in ("/", "/sign-in", "/change"):
            turned_away(visited.get(path, cookie))
        assert visited.get("/plain").status == 200
        secrets.fault = None
        # A second after its last failure the next visitor is served.
        told = visited.get("/", cookie, forward=FIRST_REST_SECONDS[-1])
        assert (told.status, told.text) == (200, "ann")
        anew = visited.get("/sign-in").cookie
        assert elsewhere.get("/", anew).text == "ann"


def test_a_mock_that_throttles_is_not_asked_by_every_request(
    secrets: Secrets, tmp_path: Path
) -> None:
    secrets.fault = THROTTLED
    with cold(secrets, tmp_path) as visited:
        turned_away(visited.get("/sign-in"))
        asked = secrets.asked
        assert asked <= TRIES
        # Its clock goes back, so that the first rest is not over on a slow machine either.
        for _ in range(10):
            turned_away(visited.get("/sign-in", forward=-BACK / 10))
        assert secrets.asked <= asked + TRIES
        # However long it failed, the next one who comes after a few seconds asks.
        for _ in range(5):
            asked = secrets.asked
            turned_away(visited.get("/sign-in", forward=FIRST_REST_SECONDS[-1]))
            assert secrets.asked > asked


def test_a_mock_that_hangs_holds_the_first_visitor_up_for_its_time_out_and_nobody_after(
    secrets: Secrets, elsewhere: Sandbox, tmp_path: Path
) -> None:
    cookie = elsewhere.get("/sign-in").cookie
    secrets.fault = SILENT
    with cold(secrets, tmp_path) as visited:
        first = visited.get("/", cookie)
        turned_away(first)
        assert first.seconds < SECONDS + ON_A_BUSY_MACHINE
        second = visited.get("/sign-in", forward=-BACK)
        turned_away(second)
        assert second.seconds < SECONDS
        assert secrets.asked <= TRIES
        secrets.fault = None
        told = visited.get("/", cookie, forward=FIRST_REST_SECONDS[-1])
        assert (told.status, told.text) == (200, "ann")
