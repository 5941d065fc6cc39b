"""``cookie-sessions doctor --handler``: a real adapter, asked by the handler in a module."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cookie_sessions.cli.commands import program
from cookie_sessions.cli.doctor.handler import row_of
from cookie_sessions.gateway import EventShape, Finding

MODULE = """
from flask import Flask
from apig_wsgi import make_lambda_handler
from cookie_sessions.gateway import guarded

app = Flask("shop")
handler = guarded(make_lambda_handler, app)
alone = make_lambda_handler(app)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "function_to_ask.py").write_text(MODULE)
    (tmp_path / "function_that_fails.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("COOKIE_SESSIONS_OVERFLOW", "COOKIE_SESSIONS_REVOCATIONS"):
        monkeypatch.delenv(name, raising=False)


def doctor(*line: str) -> Result:
    result = CliRunner().invoke(program, ["doctor", *line])
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def test_each_shape_has_a_row_and_what_is_wrong_its_fix() -> None:
    result = doctor("--handler", "function_to_ask:handler")
    assert result.exit_code == 4
    rows = [line.split(": ")[:2] for line in result.stdout.splitlines()]
    assert rows == [
        ["warning" if shape is EventShape.ALB_SINGLE else "ok", shape.value] for shape in EventShape
    ]
    assert "lambda.multi_value_headers.enabled" in result.stderr


def test_the_shapes_that_are_named_decide_alone() -> None:
    result = doctor("--handler", "function_to_ask.handler", "--shape", "http", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "ok": True,
        "adapter": [
            {"shape": "http", "out": "all Set-Cookie lines", "in": "all cookies", "ok": True}
        ],
        "warnings": [],
    }
    assert doctor("--handler", "function_to_ask:handler", "--shape", "sqs").exit_code == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("function_to_ask:alone", "no guarded handler"),
        ("function_to_ask:nothing", "AttributeError"),
        ("function_that_fails:handler", "ModuleNotFoundError"),
        ("handler", "ValueError"),
    ],
)
def test_a_handler_that_can_not_be_asked_is_an_error_that_says_why(name: str, told: str) -> None:
    result = doctor("--handler", name)
    assert result.exit_code == 1
    assert told in result.stderr


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"fault": "KeyError", "kept": 0, "arrive": 0}, "the adapter fails with KeyError"),
        ({"kept": 1, "are_joined": True}, "passes out Set-Cookie lines joined by commas"),
        ({"arrive": 1}, "in 1 of 3 cookies"),
        ({}, ""),
    ],
)
def test_every_finding_has_its_words(found: dict[str, Any], told: str) -> None:
    whole: dict[str, Any] = {"kept": 2, "are_joined": False, "arrive": 3}
    row = row_of(Finding(EventShape.REST, **(whole | found)))
    assert told in row.told
    assert bool(row.told) is bool(told)
