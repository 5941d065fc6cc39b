"""docs/serverless-adapters.md: its table is measured, its examples run, its command prints that."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from a2wsgi import WSGIMiddleware
from click.testing import CliRunner
from flask import Flask, session
from mangum import Mangum
from serverless_wsgi import handle_request

from benchmarks import adapters
from cookie_sessions.cli.commands import program
from cookie_sessions.flask import CookieSessions
from cookie_sessions.gateway import EventShape, guarded, synthetic
from tests.docs.test_pages import ROOT, blocks

PAGE = ROOT / "docs/serverless-adapters.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _loop() -> Iterator[None]:
    """A loop that is there already, as mangum wants it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def shop() -> Flask:
    app = Flask("shop")
    app.secret_key = "0123456789abcdef" * 2
    CookieSessions(app)
    app.add_url_rule("/", "index", lambda: str(session.setdefault("seen", "yes")))
    return app


def test_the_table_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    (said,) = re.findall(r"<!-- adapters -->\n(.*?)\n<!-- /adapters -->", TEXT, re.DOTALL)
    assert said == adapters.adapters_table()
    adapters.main()
    printed = capsys.readouterr().out
    assert said in printed
    assert f"apig-wsgi {version('apig-wsgi')}" in printed
    assert "times a request" in printed


def test_every_shape_of_event_is_explained() -> None:
    rows = TEXT.partition("| event | made by |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([\w-]+)`", rows, re.MULTILINE) == [each.value for each in EventShape]


def test_the_handler_of_the_page_answers() -> None:
    names: dict[str, Any] = {"app": shop()}
    for source in blocks(PAGE, "python"):
        exec(source, names)  # noqa: S102
    assert names["handler"](synthetic(EventShape.HTTP), None)["body"] == "yes"


@pytest.mark.parametrize("shape", EventShape)
def test_the_other_adapters_of_the_page_answer(shape: EventShape) -> None:
    names = {"Mangum": Mangum, "WSGIMiddleware": WSGIMiddleware}
    names |= {"partial": partial, "handle_request": handle_request}
    makers = re.findall(r"`(lambda app: [^`]+)`", TEXT)
    assert len(makers) == 2
    for source in makers:
        handler = guarded(eval(source, names), shop())  # noqa: S307
        assert handler(synthetic(shape), None)["body"] == "yes"


def test_the_doctor_of_the_page_says_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (shown,) = re.findall(r"```\n\$ cookie-sessions (.*?)\n(.*?)```", TEXT, re.DOTALL)
    command, output = shown
    (tmp_path / "function_of_the_page.py").write_text(
        "from flask import Flask\n"
        "from apig_wsgi import make_lambda_handler\n"
        "from cookie_sessions.gateway import guarded\n"
        "handler = guarded(make_lambda_handler, Flask('shop'))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delenv("COOKIE_SESSIONS_OVERFLOW", raising=False)
    monkeypatch.delenv("COOKIE_SESSIONS_REVOCATIONS", raising=False)
    line = command.replace("shop:", "function_of_the_page:").split()
    result = CliRunner().invoke(program, line)
    assert result.exit_code == 4
    assert result.stdout + result.stderr == output
