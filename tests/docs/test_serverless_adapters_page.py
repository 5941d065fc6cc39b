"""docs/serverless-adapters.md: its table is measured, its examples run, its command prints that."""

from __future__ import annotations

import asyncio
import os
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
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from flask import Flask, session
from mangum import Mangum
from serverless_wsgi import handle_request

from benchmarks import adapters
from cookie_sessions.cli.commands import program
from cookie_sessions.flask import CookieSessions
from cookie_sessions.gateway import EventShape, guarded, synthetic
from cookie_sessions.gateway.self_test import set_cookie_lines
from cookie_sessions.middleware.starlette import SessionMiddleware
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


def growing() -> FastAPI:
    app = FastAPI()
    settings = {"COOKIE_SESSIONS_PROFILE": "granian"}
    app.add_middleware(SessionMiddleware, "0123456789abcdef" * 2, config=settings)

    async def grow(request: Request) -> str:
        value = request.session.get("value", b"")
        request.session["value"] = value or os.urandom(4000)
        return str(len(value)) if value else "new"

    app.add_api_route("/", grow, response_class=PlainTextResponse)
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
    names: dict[str, Any] = {"app": shop(), "fastapi_app": growing()}
    for source in blocks(PAGE, "python"):
        exec(source, names)  # noqa: S102
    assert names["handler"](synthetic(EventShape.HTTP), None)["body"] == "yes"


@pytest.mark.parametrize("shape", EventShape)
def test_a_session_of_two_lines_is_whole_under_the_asgi_handler_of_the_page(
    shape: EventShape,
) -> None:
    names: dict[str, Any] = {"app": shop(), "fastapi_app": growing()}
    for source in blocks(PAGE, "python"):
        exec(source, names)  # noqa: S102
    handler = names["asgi_handler"]
    lines = set_cookie_lines(handler(synthetic(shape), None), shape)
    cookies = [line.partition(";")[0] for line in lines]
    assert len(cookies) == 2
    answer = handler(synthetic(shape, cookies=cookies), None)
    assert (answer["statusCode"], answer["body"]) == (200, "4000")
    alone = names["adapter"](synthetic(shape, cookies=cookies), None)["body"]
    assert alone == ("new" if shape is EventShape.REST else "4000")
    assert handler({"source": "aws.events"}, None)["statusCode"] == 400


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
