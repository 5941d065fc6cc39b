"""What README, SECURITY.md and docs say is run and compared with the code."""

from __future__ import annotations

import enum
import re
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.json.tag import TaggedJSONSerializer
from markupsafe import Markup

from cookie_sessions.codec import Codec
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md")]


def blocks(page: Path, language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{page.name} has no {language} block"
    return found


def test_the_readme_begins_with_the_two_commands() -> None:
    first, second = blocks(ROOT / "README.md", "sh")[:2]
    assert first == "python3 examples/run.py\n"
    assert second == "python3 tests/run.py\n"


def test_the_two_lines_of_the_readme_see_a_change_inside_a_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdef" * 2)
    names: dict[str, Any] = {"__name__": "readme"}
    exec(blocks(ROOT / "README.md", "python")[0], names)  # noqa: S102
    client = names["app"].test_client()
    assert [client.get("/").text for _ in range(3)] == ["Visit 1", "Visit 2", "Visit 3"]


def test_the_production_settings_of_the_readme_work(tmp_path: Path) -> None:
    ring = tmp_path / "keys.json"
    ring.write_text(new_jwk_set())
    ring.chmod(0o600)
    source = blocks(ROOT / "README.md", "python")[1].replace("/etc/shop/keys.json", str(ring))
    source = source.replace("/var/lib/shop", str(tmp_path))
    app = Flask("production")
    exec(source, {"app": app})  # noqa: S102
    from cookie_sessions.flask import CookieSessions

    CookieSessions(app)

    @app.get("/")
    def index() -> str:
        from flask import session

        session["seen"] = True
        return ""

    line = app.test_client().get("/", base_url="https://shop.test").headers["Set-Cookie"]
    assert line.startswith("__Host-session=")
    assert "; Secure; HttpOnly; Path=/; SameSite=Lax" in line


def test_the_readme_lists_every_setting() -> None:
    listed = re.findall(rf"^\| `{PREFIX}(\w+)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert listed == [name.upper() for name in Settings._fields]


def test_the_readme_lists_every_room() -> None:
    text = (ROOT / "README.md").read_text().partition("## What it is made of")[2]
    listed = {
        name.rstrip("/").removesuffix(".py")
        for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        for name in re.findall(r"`([\w./]+)`", row)
    }
    rooms = {
        path.stem
        for path in (ROOT / "cookie_sessions").iterdir()
        if path.name not in {"__init__.py", "__pycache__", "py.typed"}
    }
    assert listed == rooms


def test_the_readme_gives_a_reason_for_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "README.md").read_text().partition("Dependencies, and why")[2]
    for requirement in project["dependencies"]:
        name = re.match(r"[\w-]+", requirement)
        assert name is not None
        assert f"\n| {name[0].lower()} |" in text
    for extra in project["optional-dependencies"]:
        assert f"(extra `{extra}`)" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_our_own_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", page.read_text()):
        assert not target or (page.parent / target).exists(), f"{page.name} links to {target}"


class Level(enum.IntEnum):
    HIGH = 3


class Colour(enum.StrEnum):
    RED = "red"


@dataclass
class Point:
    x: int


class Foreign(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1)

    def dst(self, moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str:
        return "Foreign"


class Fragment:
    def __html__(self) -> str:
        return "<b>"


class Pair(NamedTuple):
    a: int
    b: int


NAIVE = datetime(2030, 1, 2, 3, 4, 5, 6)  # noqa: DTZ001
BERLIN = datetime(2030, 1, 2, 3, 4, 5, 6, ZoneInfo("Europe/Berlin"))

DIFFERENCES = [
    ({1: "a"}, {"1": "a"}, {1: "a"}),
    (Decimal("1.10"), "1.10", Decimal("1.10")),
    (date(2030, 1, 2), "Wed, 02 Jan 2030 00:00:00 GMT", date(2030, 1, 2)),
    (
        NAIVE,
        datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        NAIVE,
    ),
    (BERLIN, datetime(2030, 1, 2, 2, 4, 5, tzinfo=UTC), BERLIN),
    (
        datetime(2030, 1, 2, 3, 4, 5, 6, Foreign()),
        datetime(2030, 1, 2, 2, 4, 5, tzinfo=UTC),
        datetime(2030, 1, 2, 2, 4, 5, 6, tzinfo=UTC),
    ),
    ({1, 2}, TypeError, {1, 2}),
    (timedelta(seconds=5), TypeError, timedelta(seconds=5)),
    (Level.HIGH, 3, 3),
    (Colour.RED, "red", "red"),
    (Point(1), {"x": 1}, {"x": 1}),
    (Pair(1, 2), (1, 2), (1, 2)),
    (OrderedDict(a=1), {"a": 1}, {"a": 1}),
    (Counter("aab"), {"a": 2, "b": 1}, {"a": 2, "b": 1}),
    (Fragment(), Markup("<b>"), Markup("<b>")),
]


@pytest.mark.parametrize(("stored", "theirs", "ours"), DIFFERENCES, ids=lambda v: type(v).__name__)
def test_the_table_of_differences_from_flasks_serializer_is_true(
    stored: Any, theirs: Any, ours: Any
) -> None:
    with Flask("flask").app_context():
        tagged = TaggedJSONSerializer()
        if theirs is TypeError:
            with pytest.raises(TypeError):
                tagged.dumps(stored)
        else:
            read = tagged.loads(tagged.dumps(stored))
            assert (type(read), repr(read)) == (type(theirs), repr(theirs))
    codec = Codec()
    read = codec.from_wire(codec.to_wire("key", stored, codec.pack(stored)))
    assert (type(read), repr(read)) == (type(ours), repr(ours))


def test_fixed_offsets_keep_their_name() -> None:
    codec = Codec()
    moment = datetime(2030, 1, 2, tzinfo=timezone(timedelta(hours=2), "CEST"))
    assert repr(codec.from_wire(codec.to_wire("at", moment, codec.pack(moment)))) == repr(moment)
