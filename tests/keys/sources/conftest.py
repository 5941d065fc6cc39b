"""Imitations of the services that hold keys."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cookie_sessions.keys.sources import aws as sources_in_aws
from cookie_sessions.keys.sources import deadline, vault
from tests.conftest import missing

REGION = "eu-central-1"
_PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked here may answer late on a slow machine; tests of time-outs set their own."""
    monkeypatch.setattr(deadline, "SECONDS", _PATIENCE)
    for source in (sources_in_aws, vault):
        monkeypatch.setattr(source, "CONNECT_SECONDS", _PATIENCE)
        monkeypatch.setattr(source, "READ_SECONDS", _PATIENCE)


@pytest.fixture(scope="session")
def imitated_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of moto's server, in a process of its own: an imitation of AWS."""
    for package in ("boto3", "moto", "flask_cors"):
        if importlib.util.find_spec(package) is None:
            missing("an imitation of AWS", "pip install boto3 moto flask-cors")
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # The system chooses the port: one that is chosen here may be another's by then.
            [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


@pytest.fixture
def aws(imitated_aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, with the environment of a process that asks it."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", imitated_aws)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "imitated")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "imitated")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    return imitated_aws


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        told = re.search(r"Running on (http://127\.0\.0\.1:\d+)\s", log.read_text())
        if told is not None:
            return told[1]
        time.sleep(0.05)
    pytest.fail(f"moto's server did not begin: {log.read_text()[-500:]}", pytrace=False)
