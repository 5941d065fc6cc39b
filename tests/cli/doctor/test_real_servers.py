"""The doctor before real servers, and what docs/sizes.md says of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from cookie_sessions.cookies import profile_of
from cookie_sessions.probe import Grant, new_token
from tests.cli.doctor.site_under_test import deployed
from tests.deployments.server import ROOT

pytestmark = pytest.mark.once

TEXT = (ROOT / "docs/sizes.md").read_text(encoding="utf-8")
SECTION = TEXT.partition("\n## Measuring your own deployment\n")[2].partition("\n## ")[0]


class Done(NamedTuple):
    status: int
    stdout: str
    stderr: str


def cli(*line: str, token: str = "") -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "cookie_sessions.cli", "doctor", *line],
        cwd=ROOT,
        env={**os.environ, "COOKIE_SESSIONS_PROBE_TOKEN": token},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def examined(
    chain: Sequence[str], folder: Path, *line: str, settings: Mapping[str, str] | None = None
) -> Done:
    token, grant = new_token(now=time.time())
    told = {"COOKIE_SESSIONS_PROBE": grant.to_text(), **(settings or {})}
    with deployed(chain, folder, told) as port:
        return cli("--url", f"http://127.0.0.1:{port}/", *line, token=token)


def test_the_transcript_of_the_page_is_what_it_prints_before_gunicorn(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```text\n(http.*?)```\n", SECTION, re.DOTALL)
    done = examined(["gunicorn"], tmp_path)
    printed = re.sub(r"^\S+: \d+ requests", "URL", done.stdout + done.stderr)
    assert printed == re.sub(r"^\S+: \d+ requests", "URL", shown)
    assert done.status == 0


@pytest.mark.parametrize(
    ("chain", "broken"),
    [
        (["nginx", "gunicorn"], {"set_cookies": 502, "cookie_line": 431, "request": 400}),
        (["haproxy", "waitress"], {"set_cookies": 502, "cookie_line": 400, "request": 400}),
        (["uwsgi"], {"cookie_line": "closed", "request": "closed"}),
    ],
    ids=lambda value: "+".join(value),
)
def test_the_profile_of_a_deployment_fits_it_and_where_it_breaks_is_told(
    chain: list[str], broken: dict[str, int | str], tmp_path: Path
) -> None:
    names = [name for name in chain if name != "waitress"]
    settings = {"COOKIE_SESSIONS_PROFILE": names[0]}
    told = json.loads(examined(chain, tmp_path, "--json", settings=settings).stdout)
    limits = told["limits"]
    assert {kind: limits[kind]["refusal"] for kind in broken} == broken
    for kind in broken:
        assert limits[kind]["failed"] == limits[kind]["passed"] + 1
    profile = profile_of(names)
    assert limits["request"]["passed"] >= (profile.request or 0)
    assert told["response"] >= (profile.response or 0)
    if len(names) == 1:
        assert told["profiles"][0] == names[0] == told["configured"]
    else:
        # gunicorn takes two octets less than nginx, so of single names only the default fits.
        assert limits["cookie_line"]["passed"] == profile.cookie_line
        assert told["profiles"] == ["portable"]
        assert "one Cookie line: 8,180 passed, it admits 8,182" in told["warnings"][0]


def test_a_run_is_answered_by_every_worker(tmp_path: Path) -> None:
    done = examined(["gunicorn"], tmp_path, "--json", settings={"WEB_CONCURRENCY": "3"})
    assert done.status == 0
    assert json.loads(done.stdout)["limits"]["cookie_line"]["passed"] == 8_180


def test_the_commands_of_the_page_are_those_that_there_are(tmp_path: Path) -> None:
    (token,) = re.findall(r"```sh\n(.*?)```\n\n```text\nGive", SECTION, re.DOTALL)
    assert token == "cookie-sessions doctor --new-token\n"
    (shown,) = re.findall(r"```text\n(Give.*?)```\n", SECTION, re.DOTALL)
    printed = cli("--new-token").stdout

    def bare(text: str) -> str:
        text = re.sub(r"\d{10}\.[\w-]{43,}", "TOKEN", text)
        return re.sub(r"until .*?:\n", "until MOMENT:\n", text).strip()

    assert bare(printed) == bare(shown)
    help_ = cli("--help").stdout
    options = set(re.findall(r"`(--[a-z-]+)", SECTION)) | set(re.findall(r" (--[a-z-]+)", SECTION))
    assert options >= {"--url", "--header", "--cookie", "--store", "--progress", "--json"}
    assert [option for option in sorted(options) if option not in help_] == []


def test_every_name_of_the_json_is_on_the_page(tmp_path: Path) -> None:
    done = examined(
        ["waitress"], tmp_path, "--json", "--cookie", "a=b", "--store", f"sqlite:{tmp_path}/o.db"
    )
    names = set(re.findall(r"`([a-z_]+)`", SECTION))
    told = json.loads(done.stdout)
    nested = [told["limits"]["request"], told["cookies"], told["cookies"]["each"][0], told["store"]]
    used = {*told, *told["limits"], *(name for each in nested for name in each)}
    assert sorted(used - names) == []


def test_the_example_setting_of_the_page_is_one() -> None:
    (shown,) = re.findall(r'^COOKIE_SESSIONS_PROBE = "(.*)"$', SECTION, re.MULTILINE)
    grant = Grant.from_text(shown, now=float(shown.partition(".")[0]) - 1)
    (token,) = re.findall(r"^export COOKIE_SESSIONS_PROBE_TOKEN=(.*)$", SECTION, re.MULTILINE)
    assert grant.admits(token, now=grant.ends - 1)
