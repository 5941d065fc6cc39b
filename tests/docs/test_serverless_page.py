"""What docs/serverless.md says is run, and its tables are compared with what the tests measured.

sam and aws are stand-ins: that the real ones take these options is not tested here.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.flask import CookieSessions
from cookie_sessions.gateway import EventShape
from cookie_sessions.keys import parse_jwk_set
from cookie_sessions.keys.provider import RELOAD_SECONDS
from cookie_sessions.keys.sources.deadline import SECONDS as SOURCE_SECONDS
from cookie_sessions.settings import PREFIX, Settings
from jotter.application import PREFIX as JOTTER
from serverless import api_gateway, load_balancer
from serverless.__main__ import HANDLERS
from serverless.gateway import GATEWAYS
from serverless.sandbox import SECONDS
from tests.docs.test_pages import ROOT, blocks
from tests.examples.serverless.adapter import request
from tests.examples.serverless.running import environment_of
from tests.examples.serverless.test_adapters import ADDRESSES, CLAIMED, REAL
from tests.examples.serverless.test_story import ALL, ONE_COOKIE
from tests.examples.serverless.test_template import TEMPLATE

PAGE = ROOT / "docs/serverless.md"
TEXT = PAGE.read_text()
BASH = shutil.which("bash") or ""
PROGRAMS = {
    "cookie-sessions": f'exec "{sys.executable}" -m cookie_sessions.cli "$@"',
    "sam": 'echo "$1" >> "$STORE/sam"; test -f template.yaml',
    "aws": 'test "$1 $2" = "secretsmanager put-secret-value"; cp "${6#file://}" "$STORE/secret"',
}


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its first two lines."""
    below = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_table_of_addresses_is_what_the_tests_found() -> None:
    addresses = {
        CLAIMED: "what the client claims",
        REAL: "the client's",
        f"{CLAIMED}, {REAL}": "a list of both",
    }
    expected = [
        [f"`{shape}`", *(addresses[ADDRESSES[shape, adapter]] for adapter in HANDLERS)]
        for shape in GATEWAYS
    ]
    assert table("Gateways and adapters") == expected
    head = re.findall(r"^\| `--shape` \|.*", TEXT, re.MULTILINE)
    assert head == ["| `--shape` |" + "".join(f" `REMOTE_ADDR` by `{name}` |" for name in HANDLERS)]


def test_the_example_has_the_shapes_of_the_guard_and_one_adapter_that_loses_cookies() -> None:
    assert list(GATEWAYS) == [shape.value for shape in EventShape]
    (pair,) = ONE_COOKIE
    assert "{1} behind `{0}`".format(*pair) in TEXT


def test_the_doctor_says_of_the_example_what_the_page_shows() -> None:
    (shown,) = re.findall(r"```\n\$ cookie-sessions (.*?)\n(.*?)```", TEXT, re.DOTALL)
    command, output = shown
    done = subprocess.run(
        [sys.executable, "-m", "cookie_sessions.cli", *command.split()],
        cwd=ROOT / "examples/serverless/function",
        env=environment_of({"PYTHONPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


@pytest.mark.parametrize("source", blocks(PAGE, "python"))
@pytest.mark.parametrize("shape", GATEWAYS)
def test_the_handlers_of_the_page_keep_a_session(source: str, shape: str) -> None:
    app = Flask("page")
    app.secret_key = "0123456789abcdef" * 2
    CookieSessions(app)

    @app.get("/")
    def count() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    names: dict[str, Any] = {"app": app}
    gateway = GATEWAYS[shape]

    def visit(*cookies: str) -> Any:
        event = gateway.event(request(headers=[("Cookie", cookie) for cookie in cookies]))
        return gateway.answer(names["handler"](event, None))

    def close() -> None:
        # Mangum leaves a loop open in the thread that made it; apig-wsgi makes none.
        if "Mangum" in names:
            asyncio.get_event_loop().close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(exec, source, names).result()
        first = thread.submit(visit).result()
        lines = [value for name, value in first.headers if name.lower() == "set-cookie"]
        assert (first.body, len(lines)) == (b"1", 1)
        assert thread.submit(visit, lines[0].partition(";")[0]).result().body == b"2"
        thread.submit(close).result()


@pytest.mark.once
@pytest.mark.skipif(not BASH, reason="The commands of the page are for bash.")
def test_the_commands_that_deploy_put_a_ring_into_the_secret(tmp_path: Path) -> None:
    programs, checkout = tmp_path / "bin", tmp_path / "checkout"
    programs.mkdir()
    (checkout / "examples").mkdir(parents=True)
    shutil.copytree(ROOT / "examples/serverless", checkout / "examples/serverless")
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/usr/bin/env bash\nset -eu\n{text}\n")
        (programs / name).chmod(0o700)
    try_it, deploy = blocks(PAGE, "sh")
    subprocess.run(
        [BASH, "-eu", "-c", deploy],
        cwd=checkout,
        env=os.environ
        | {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "STORE": str(tmp_path),
            "KEYS": "arn",
        },
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "sam").read_text().split() == ["build", "deploy"]
    ring = parse_jwk_set((tmp_path / "secret").read_bytes(), origin="the secret")
    assert (len(ring.entries), ring.longest_session) == (1, 31 * 86_400)
    assert not (checkout / "examples/serverless/keys.json").exists()
    assert try_it.split()[1:3] == ["examples/run.py", "serverless"]


def test_the_command_of_the_page_is_taken_by_the_program() -> None:
    command = blocks(PAGE, "sh")[0].split()
    assert command[0] == "python3"
    done = subprocess.run(
        [sys.executable, ROOT / command[1], *command[2:], "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    shapes = re.findall(r"--shape \{([^}]*)\}", done.stdout)[0].split(",")
    adapters = re.findall(r"--adapter \{([^}]*)\}", done.stdout)[0].split(",")
    assert [(shape, adapter) for shape in shapes for adapter in adapters] == ALL


def test_the_parameters_of_the_page_are_those_of_the_template() -> None:
    rows = table("Deploying the example")
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert names == list(TEMPLATE["Parameters"])
    for (parameter, meaning, default), name in zip(rows[:4], names[:4], strict=True):
        made = TEMPLATE["Parameters"][name]
        assert parameter == f"`{name}`"
        assert default == (f"`{made['Default']}`" if made["Default"] else "none")
        assert set(made.get("AllowedValues", [])) <= set(re.findall(r"`([\w-]+)`", meaning))


def test_the_numbers_and_names_of_the_page_are_those_of_the_code() -> None:
    assert f"({RELOAD_SECONDS} seconds)" in TEXT
    assert SOURCE_SECONDS == 5
    assert f"take {SECONDS}\nseconds" in TEXT
    assert f"{api_gateway.LIMIT:,} octets" in TEXT
    assert load_balancer.ONE_HEADER == 16 * 1024
    assert Settings().revocations_staleness == 2
    for name in re.findall(rf"`(?:{JOTTER}_)?{PREFIX}([A-Z_]+)`", TEXT):
        assert hasattr(Settings(), name.lower())


def test_what_the_page_says_is_not_loaded_is_not() -> None:
    program = """
import json, os, sys
from cookie_sessions.keys import new_jwk_set
os.environ["RING"] = new_jwk_set()
from flask import Flask, session
from cookie_sessions.flask import CookieSessions
app = Flask("cold")
app.config["COOKIE_SESSIONS_KEYS"] = "env:RING"
CookieSessions(app)
@app.get("/")
def index():
    session["a"] = 1
    return ""
assert "Set-Cookie" in app.test_client().get("/").headers
print(json.dumps(sorted({"boto3", "botocore", "mangum", "apig_wsgi"} & set(sys.modules))))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
