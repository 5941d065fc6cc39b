"""What the page on binding says is what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, redirect, request, session

from cookie_sessions.flask import CookieSessions
from cookie_sessions.policy.binding import MAX_OCTETS, PROPERTIES, STANDARD, THRESHOLDS
from cookie_sessions.settings import PREFIX, Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs/protection-binding.md").read_text()


def test_the_weights_and_the_points_are_those_of_the_standard() -> None:
    section = PAGE.partition("\n## The standard")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)`.* \| (\d+) \|$", section, re.MULTILINE)
    assert [(name, int(weight)) for name, weight in rows] == list(STANDARD)
    shown = "{" + ", ".join(f'"{verdict}": {points}' for verdict, points in THRESHOLDS) + "}"
    assert f"`{PREFIX}BINDING_VERDICTS`" in PAGE
    assert f"`{shown}`" in PAGE


def test_the_octets_are_those_of_the_table() -> None:
    rows = re.findall(r"^\| `(\d\d)` \| (\w+) \|", PAGE, re.MULTILINE)
    assert [name for _, name in rows] == list(PROPERTIES)
    assert [int(number, 16) for number, _ in rows] == list(range(1, len(PROPERTIES) + 1))
    assert f"at most {MAX_OCTETS} octets" in PAGE


def test_the_examples_run_and_guard_what_they_guard() -> None:
    app = Flask("page")
    app.config.update(SECRET_KEY="0123456789abcdef" * 2)
    names: dict[str, Any] = {
        "app": app,
        "session": session,
        "request": request,
        "redirect": redirect,
        "CookieSessions": CookieSessions,
    }
    for source in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(source.replace(": ...", ': return "deleted"'), names)  # noqa: S102
    settings = Settings.from_mapping(app.config)
    assert settings.binding == (("user_agent", 60), ("network", 100))
    client = app.test_client()
    assert client.post("/delete-account").status_code == 401
    assert client.post("/confirm-password").status_code == 302
    assert client.post("/delete-account").text == "deleted"


@pytest.mark.parametrize(
    "name",
    ["BINDING", "BINDING_VERDICTS", "FINGERPRINT_HEADER", "REAUTHENTICATION_VIEW"],
)
def test_the_settings_are_listed(name: str) -> None:
    assert f"| `{PREFIX}{name}` |" in PAGE
