"""What docs/revocation.md says of settings, events, faults and sizes is compared with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from flask import Flask, session

from cookie_sessions.cli.commands import program
from cookie_sessions.cli.flask_group import sessions
from cookie_sessions.cli.revocations.rows import Row
from cookie_sessions.clock import SKEW
from cookie_sessions.events import EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.revocation import entries
from cookie_sessions.revocation.breaker import REST_SECONDS
from cookie_sessions.revocation.facts import SNAPSHOT_SECONDS, Entries
from cookie_sessions.revocation.registry_form import MOST_SESSIONS
from cookie_sessions.revocation.snapshot.fault import Fault
from cookie_sessions.revocation.snapshot.reader import MAX_TABLE_OCTETS
from cookie_sessions.revocation.snapshot.table import MAGIC, dump
from cookie_sessions.revocation.snapshot.token import MAX_OCTETS
from cookie_sessions.settings import PREFIX, Settings
from cookie_sessions.stores import store_from_url

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/revocation.md").read_text()
MB = 1_000_000
DAY = 86_400


def section(title: str) -> str:
    _, _, rest = TEXT.partition(f"\n## {title}\n")
    assert rest, title
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    found = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|--")
    ]
    assert found
    return found


def test_the_page_lists_the_settings_and_their_defaults() -> None:
    listed = {row[0].strip("`"): row[2] for row in rows(TEXT) if row[0].startswith(f"`{PREFIX}")}
    defaults = {PREFIX + name.upper(): value for name, value in Settings._field_defaults.items()}
    of_revocation = {
        name
        for name in defaults
        if re.search("REVOCATION|REGENERATE|SUBJECT_KEY|INDEX_KEY|REGISTER|SNAPSHOT|UNSAFE", name)
    }
    assert set(listed) == of_revocation
    for name, told in listed.items():
        default = defaults[name]
        if default is None:
            assert told in ("none", "kept by the store")
        else:
            assert told.strip("`") in (
                str(default),
                f'"{default}"',
                f"{default:g}" if type(default) is float else "",
            )


def test_every_event_and_setting_that_the_page_names_exists() -> None:
    known = {f"`{name}`" for name in EventName}
    for name in ("unchecked", "not_revoked", "revocations_down", "revocations_back"):
        assert f"`{name}`" in TEXT
        assert f"`{name}`" in known
    assert "`snapshot_refused`" in known
    settings = {PREFIX + name.upper() for name in Settings._fields}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", TEXT)) <= settings


def test_the_page_lists_every_fault() -> None:
    cells = [row[0] for row in rows(section("Snapshots").partition("What a reader does")[2])]
    listed = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert {fault.value for fault in Fault} <= listed


def test_every_link_inside_the_page_leads_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= anchors


def test_every_kind_of_entry_is_in_the_table_of_the_store() -> None:
    text = section("In the store")
    names = (entries.SESSION, entries.SUBJECT, entries.GENERAL, entries.LONGEST, entries.INDEX)
    for name in (*names, entries.SEQUENCE):
        assert f"`{name}`" in text


def test_the_numbers_of_the_text_are_those_of_the_code() -> None:
    assert SKEW == 300
    assert SNAPSHOT_SECONDS == DAY
    assert REST_SECONDS == (1.0, 2.0, 5.0)
    assert "for a second, then two, then five" in TEXT
    assert MAX_OCTETS == 8 * 1024
    assert MAX_TABLE_OCTETS == 64 * 1024 * 1024
    assert 8_300_000 < MAX_TABLE_OCTETS // 8 < 8_400_000
    assert "are 8.3 million sessions" in TEXT
    assert "Below eight million entries" in TEXT
    assert MAGIC.hex(" ") in TEXT
    assert f"up to {MOST_SESSIONS} sessions" in TEXT
    million = Entries([number.to_bytes(8, "big") for number in range(MB)], [], [], 0)
    assert f"{len(dump(million)):,} octets" in TEXT


@pytest.mark.parametrize("row", rows(section("How large a list gets"))[1:], ids=lambda row: row[0])
def test_the_arithmetic_of_the_page_is_right(row: list[str]) -> None:
    ended, life, listed, redis, snapshot = row
    number, unit = life.split()
    days = int(number) if unit == "days" else int(number) / 24
    count = int(ended.replace(",", "")) * (days + 1)
    assert int(listed.replace(",", "")) == count
    # What readers refuse is marked, and nothing else.
    is_refused = len(dump(Entries([], [], [], 0))) + count * 8 > MAX_TABLE_OCTETS
    assert snapshot.startswith("too large (") is is_refused
    for told, octets in ((redis, 180), (snapshot.removeprefix("too large (").rstrip(")"), 8)):
        size, scale = told.split()
        exact = count * octets / (MB if scale == "MB" else 1000 * MB)
        assert float(size) == pytest.approx(exact, rel=0.03)


def test_every_command_of_the_page_exists_with_its_options() -> None:
    pages = TEXT + (ROOT / "docs/operations.md").read_text().partition("## Ending sessions")[2]
    told = re.findall(r"(?:cookie-sessions|flask sessions) (?:revo|doctor)[^`\n|]*", pages)
    assert len(told) >= 20
    for line in told:
        command: click.Command = sessions if line.startswith("flask") else program
        for word in line.partition("sessions ")[2].replace("...", "").split():
            if word.startswith("--"):
                options = {option for param in command.params for option in param.opts}
                assert word in options, line
            elif isinstance(command, click.Group):
                assert word in command.commands, line
                command = command.commands[word]


def test_every_name_of_the_lists_json_is_on_the_page() -> None:
    listed = [
        name
        for cell, _ in rows(section("Commands").partition("### What JSON says")[2])
        for name in re.findall(r"`(\w+)`", cell)
    ]
    assert listed == list(Row("all", None, 1).facts())


def test_the_transcript_of_the_page_is_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block, said = re.findall(
        r"^```(?:sh|text)\n(.*?)^```$", section("Commands"), re.DOTALL | re.MULTILINE
    )
    store = f"sqlite:{tmp_path}/revocations.db"
    monkeypatch.setenv("COOKIE_SESSIONS_REVOCATIONS", store)
    store_from_url(store).sweep()
    printed = ""
    for line in block.splitlines():
        arguments = line.removeprefix("cookie-sessions ").split()
        done = CliRunner().invoke(program, arguments)
        assert done.exit_code == 0, done.output
        printed += done.output
    assert printed == said


def test_the_commands_for_snapshots_work_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = f"sqlite:{tmp_path}/revocations.db"
    monkeypatch.setenv("COOKIE_SESSIONS_REVOCATIONS", store)
    monkeypatch.setenv("COOKIE_SESSIONS_INDEX_KEY", "k" * 64)
    (tmp_path / "snapshot").mkdir()
    blocks = re.findall(r"^```sh\n(.*?)^```$", section("Snapshots"), re.DOTALL | re.MULTILINE)
    lines = [line for each in blocks for line in each.splitlines() if "cookie-sessions" in line]
    assert len(lines) == 3
    for line in lines:
        command, _, into = line.partition(" > ")
        for place in ("/etc/shop", "/var/lib/shop"):
            command = command.replace(place, str(tmp_path))
        arguments = command.removeprefix("cookie-sessions ").split()
        # No application has used the list yet.
        new = ["--new-list"] if "publish" in arguments else []
        done = CliRunner().invoke(program, [*arguments, *new])
        assert done.exit_code == 0, done.output
        if into:
            (tmp_path / into).write_text(done.stdout)


def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_KEY", "k" * 64)
    app = Flask("page")
    app.secret_key = "0123456789abcdef" * 2
    app.config["COOKIE_SESSIONS_REGISTER"] = True
    names: dict[str, Any] = {"app": app, "session": session, "CookieSessions": CookieSessions}
    sources = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    ran = [source for source in sources if "SNAPSHOT" not in source]
    assert len(sources) - len(ran) == 1
    for source in ran:
        exec(source.replace("/var/lib/shop", str(tmp_path)), names)  # noqa: S102
    laptop, phone = app.test_client(), app.test_client()
    for client in (laptop, phone):
        assert client.post("/sign-in/alice").text == "Welcome"
    listed = laptop.get("/devices")
    assert len(listed.json or ()) == 2
    assert laptop.post("/password").status_code == 200
    assert len(laptop.get("/devices").json or ()) == 1
    assert phone.post("/devices/0/end").status_code == 404
