"""What applications may call is written down in tests/api, so that no change of it goes unseen."""

from __future__ import annotations

import difflib
import enum
import re
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.api import describing
from tests.api.modules import MODULES
from tests.api.snapshot import OTHERS, current, stored

ROOT = Path(__file__).resolve().parent.parent


class Pair(NamedTuple):
    left: int
    right: str


class Colour(enum.Enum):
    RED = "red"


class Base:
    def __init__(self, first: int, /, second: str = "x", *, third: bool = False) -> None:
        """Take one of each kind."""

    @property
    def shown(self) -> str:
        """Something to read."""
        return ""

    @staticmethod
    def made(*parts: str, **options: Any) -> Base:
        """Make one."""
        raise NotImplementedError

    def _hidden(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("name", [*MODULES, *OTHERS])
def test_what_is_public_is_what_was_written_down(name: str) -> None:
    difference = difflib.unified_diff(
        stored().get(name, "").splitlines(),
        current()[name].splitlines(),
        f"tests/api/{name}.txt",
        f"{name} as it is",
        lineterm="",
    )
    lines = "\n".join(difference)
    assert not lines, (
        f"The public interface changed:\n{lines}\n"
        "If that is meant, run: python -m tests.api\n"
        "Then tell it in CHANGELOG.md; docs/releases.md says which number the release gets."
    )


@pytest.mark.parametrize(
    "name",
    [
        *("cookie_sessions.cookies", "cookie_sessions.flask", "cookie_sessions.keys"),
        *("cookie_sessions.keys.sources", "cookie_sessions.settings"),
    ],
)
def test_a_module_that_loads_its_names_late_has_those_and_no_others(name: str) -> None:
    module = import_module(name)
    assert "__getattr__" in vars(module)
    for public in module.__all__:
        assert getattr(module, public) is not None
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'no_such_name'"):
        module.no_such_name  # noqa: B018


def test_nothing_is_written_down_that_is_not_public_any_more() -> None:
    assert set(stored()) == {*MODULES, *OTHERS}


def test_the_page_of_releases_names_the_public_modules() -> None:
    page = (ROOT / "docs/releases.md").read_text(encoding="utf-8")
    table = page.partition("## What is public")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(cookie_sessions[\w.]*)` \|", table, re.MULTILINE) == list(MODULES)


def test_no_text_holds_an_address_or_a_place_of_this_machine() -> None:
    for name, text in stored().items():
        assert not re.search(r"0x[0-9a-f]{6}|site-packages", text), name
        assert str(ROOT) not in text, name


def test_a_description_tells_every_kind_of_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describing, "PACKAGE", "tests")
    assert describing._described("Base", Base) == [
        "class Base",
        "    def __init__(self, first: int, /, second: str = 'x', *, third: bool = False) -> None",
        "    @staticmethod def made(*parts: str, **options: Any) -> Base",
        "    shown -> str",
    ]


def test_a_description_tells_fields_members_and_constants() -> None:
    assert describing._described("Pair", Pair) == [
        "class Pair(tuple)",
        "    left: int",
        "    right: str",
    ]
    assert describing._described("Colour", Colour) == ["class Colour(Enum)", "    RED = 'red'"]
    assert describing._described("NAMES", frozenset({"b", "a"})) == ["NAMES = {'a', 'b'}"]
