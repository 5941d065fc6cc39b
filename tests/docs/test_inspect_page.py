"""docs/inspect.md shows what the command prints, and lists all that it says to machines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.cli.inspect.access import VARIABLE
from cookie_sessions.cli.inspect.command import inspect as command
from cookie_sessions.cli.inspect.har import MAX_OCTETS
from cookie_sessions.cli.inspect.reasons import MEANINGS
from cookie_sessions.errors import Reason
from tests.cli.inspect.world import REASON, Shop, exchange, fill_oddly, har, inspect
from tests.cli.world import INIT, World
from tests.docs.test_pages import ROOT, blocks

PAGE = ROOT / "docs/inspect.md"
TEXT = PAGE.read_text(encoding="utf-8")
NEVER_OF_A_COOKIE = {Reason.REVOKED, Reason.BINDING_MISMATCH, Reason.PROOF_REQUIRED}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    world = World(tmp_path, monkeypatch)
    world.do("init", *INIT)
    return Shop(world)


def comparable(text: str) -> str:
    """A text without its ids and without who ran the command."""
    text = re.sub(r'"by": "[^"]*"', '"by": ""', text)
    return re.sub(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{8}\b", lambda found: "0" * len(found[0]), text)


def test_the_transcripts_are_what_the_command_prints(shop: Shop) -> None:
    header = shop.header()
    shop.world.now += 180
    commands, shown = blocks(PAGE, "sh"), blocks(PAGE, "text")
    assert len(commands) == len(shown) == 2
    for line, printed in zip(commands, shown, strict=True):
        assert line.startswith("cookie-sessions inspect - ")
        reason = REASON if "--reason 'ticket 4711'" in line else ()
        result = inspect(*reason, text=header, env={"COLUMNS": "80"})
        assert comparable(result.stderr + result.stdout) == comparable(printed)


def names(facts: Any) -> Iterator[str]:
    """Every name of an object, at any depth."""
    for item in facts if isinstance(facts, list) else [facts]:
        if isinstance(item, dict):
            yield from item
            for value in item.values():
                yield from names(value)


def test_every_name_of_the_json_is_listed_and_no_other(
    shop: Shop,
) -> None:
    header = shop.header(fill_oddly)
    file = har(exchange(cookies=(header,)))
    result = inspect("--har", "-", *REASON, "--values", "--json", input=file)
    told = json.loads(result.stdout)
    section = TEXT.partition("## For machines")[2]
    listed = re.findall(r"`([a-z_]+)`", section)
    stored = {"octets", "until"}
    assert set(listed) == {*names(told), *stored, "sealed", "flask"}
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert rows == list(told)


def test_every_option_is_on_the_page() -> None:
    options = {option for each in command.params for option in each.opts if option[0] == "-"}
    missing = {
        option for option in options if f"`{option}" not in TEXT and f" {option}" not in TEXT
    }
    assert missing == set()
    assert f"`{VARIABLE}`" in TEXT
    assert f"at most {MAX_OCTETS >> 20} MiB" in TEXT


def test_every_reason_that_a_cookie_can_have_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Reason) - NEVER_OF_A_COOKIE
