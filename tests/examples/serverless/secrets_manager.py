"""Imitations of AWS Secrets Manager: moto's server, and one of ours that fails as it is told."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import missing
from tests.keys.sources.server import Answer, Request, Server
from tests.stores.program import Program

NAME = "jotter/keys"
REGION = "eu-west-1"


class Moto(Program):
    """moto's server with one secret, which holds a ring.

    Args:
        folder: for its log.
        ring: what the secret holds.
    """

    def __init__(self, folder: Path, ring: str) -> None:
        for package in ("boto3", "moto", "flask_cors"):
            if importlib.util.find_spec(package) is None:
                missing("an imitation of AWS", "pip install boto3 moto flask-cors")
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p"]
        super().__init__(lambda port: [*command, str(port)], log=folder / "moto.log")
        self._ring = ring

    @contextmanager
    def running(self) -> Iterator[Moto]:
        """It has the secret, and is gone when the block ends."""
        self.start()
        try:
            client: Any = importlib.import_module("boto3").client(
                "secretsmanager",
                region_name=REGION,
                endpoint_url=self.settings["AWS_ENDPOINT_URL_SECRETS_MANAGER"],
                aws_access_key_id="nobody",
                aws_secret_access_key="nothing",
            )
            client.create_secret(Name=NAME, SecretString=self._ring)
            client.close()
            yield self
        finally:
            self.stop()

    @property
    def settings(self) -> dict[str, str]:
        """Variables that lead the function to it."""
        return settings_of(f"http://127.0.0.1:{self.port}")


class Imitation:
    """Answers with the ring, or fails in a way that a test chooses.

    Args:
        ring: what the secret holds.

    Attributes:
        failure: what it does instead of answering; None answers.
        asked: how often it was asked.
    """

    def __init__(self, ring: str) -> None:
        self.failure: Answer | None = None
        self.asked = 0
        self._ring = ring

    @contextmanager
    def running(self) -> Iterator[dict[str, str]]:
        """Serve while the block lasts; yields the variables that lead the function there."""
        with Server(self._answer) as server:
            yield settings_of(server.address)

    def _answer(self, request: Request) -> Answer:
        self.asked += 1
        assert json.loads(request.body)["SecretId"] == NAME
        assert request.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue"
        return self.failure or Answer(200, json.dumps({"SecretString": self._ring}).encode())


def settings_of(address: str) -> dict[str, str]:
    """Variables of a function whose keys are there."""
    return {
        "JOTTER_COOKIE_SESSIONS_KEYS": f"aws-secretsmanager:{NAME}?region={REGION}",
        "JOTTER_COOKIE_SESSIONS_KEYS_RELOAD": "1",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": address,
    }
