"""The commands of dictionaries: what they refuse, and what they say to machines."""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cookie_sessions import clock
from cookie_sessions.cli.commands import program
from cookie_sessions.cli.dictionary.bars import bars
from cookie_sessions.cli.dictionary.install import PROPAGATION
from cookie_sessions.cli.flask_group import sessions
from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.compose import BUILT_IN_HEAD
from cookie_sessions.dictionaries.sample import Saving
from cookie_sessions.dictionaries.shelf import MAX_SHELF_OCTETS, Shelf, dump_shelf, read_shelf
from cookie_sessions.dictionaries.trained import MAX_OCTETS
from tests.cli.world import as_nobody
from tests.dictionaries.population import people
from tests.dictionaries.sampled import application, visit
from tests.dictionaries.test_trained import made

NOW = 1_893_456_000
ONE, TWO = made(), made(b"Walnut Tray, ivory" * 3)
NAME = ONE.name.hex()


class Place:
    """A folder with files of dictionaries, and a clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.sample = folder / "sample.db"
        self.shelf = folder / "dictionaries.json"
        self.new = folder / "new.json"
        self.new.write_text(dump_shelf(Shelf((ONE,))))
        monkeypatch.setattr(clock, "now", lambda: float(self.now))
        monkeypatch.setenv("COOKIE_SESSIONS_DICTIONARIES", str(self.shelf))
        monkeypatch.setenv("COOKIE_SESSIONS_SAMPLE", str(self.sample))

    def run(self, *line: str | Path) -> Result:
        result = CliRunner().invoke(program, ["dictionary", *map(str, line)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    def do(self, *line: str | Path) -> str:
        result = self.run(*line)
        assert result.exit_code == 0, result.output
        return result.stdout

    def facts(self, *line: str | Path) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.do("inspect", *line, "--json"))["dictionaries"]
        return rows

    def refused(self, *line: str | Path, status: int = 1) -> str:
        before = self.shelf.read_bytes() if self.shelf.exists() else None
        result = self.run(*line)
        assert result.exit_code == status, result.output
        assert len(result.stderr.splitlines()) == 1
        assert (self.shelf.read_bytes() if self.shelf.exists() else None) == before
        return result.stderr


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def test_a_dictionary_goes_through_its_states(place: Place) -> None:
    place.do("install", place.new)
    assert place.facts()[0]["state"] == "readable"
    place.now += PROPAGATION
    place.do("promote", NAME.upper())
    assert place.facts()[0]["state"] == "written"
    place.new.write_text(dump_shelf(Shelf((TWO,))))
    place.do("install", place.new)
    place.now += 1
    place.do("promote", TWO.name.hex(), "--force")
    assert [row["state"] for row in place.facts()] == ["superseded", "written"]
    place.do("withdraw", TWO.name.hex())
    assert [row["state"] for row in place.facts()] == ["written", "withdrawn"]
    place.now += 1
    place.do("promote", TWO.name.hex(), "--force")
    assert [row["state"] for row in place.facts()] == ["superseded", "written"]


def test_the_installed_file_can_be_read_by_the_application(place: Place) -> None:
    place.do("install", place.new)
    assert [entry.name for entry in read_shelf(str(place.shelf)).entries] == [ONE.name]


def test_it_is_not_written_with_before_every_instance_can_have_it(place: Place) -> None:
    place.do("install", place.new)
    place.now += PROPAGATION - 1
    told = place.refused("promote", NAME, status=3)
    assert "Wait until then, or add --force" in told
    place.now += 1
    place.do("promote", NAME)


def test_what_was_never_installed_is_not_written_with_unless_forced(place: Place) -> None:
    place.shelf.write_text(dump_shelf(Shelf((ONE,))))
    told = place.refused("promote", NAME, status=3)
    assert "was never installed in this file" in told
    assert "dictionary install" in told
    place.do("promote", NAME, "--force")
    assert place.facts()[0]["state"] == "written"


def test_a_dictionary_too_many_is_not_installed(place: Place) -> None:
    content = random.Random(1).randbytes(MAX_OCTETS - BUILT_IN_HEAD - 100)
    entries = [made(bytes((n,)) + content)._replace(installed=0) for n in range(40)]
    while len(dump_shelf(Shelf(tuple(entries)))) > MAX_SHELF_OCTETS:
        entries.pop()
    place.shelf.write_text(dump_shelf(Shelf(tuple(entries))))
    place.new.write_text(dump_shelf(Shelf((made(b"!" + content),))))
    told = place.refused("install", place.new)
    assert "with one more dictionary no application would read the file" in told
    assert len(place.facts()) == len(entries)


def test_a_date_that_is_too_early_is_refused_and_a_later_one_taken(place: Place) -> None:
    assert "2030-01-02 00:00Z" in place.refused(
        "install", place.new, "--from", "2030-01-01T23:59Z", status=3
    )
    assert "from 2030-01-02 00:00Z" in place.do("install", place.new, "--from", "2030-01-02")
    assert place.facts()[0]["state"] == "readable"
    place.now += PROPAGATION
    assert place.facts()[0]["state"] == "written"


def test_the_same_is_not_installed_twice(place: Place) -> None:
    place.do("install", place.new)
    assert f"has {NAME} already" in place.refused("install", place.new)


def test_only_a_file_of_one_dictionary_is_installed(place: Place) -> None:
    place.new.write_text(dump_shelf(Shelf((ONE, TWO))))
    assert "holds 2 dictionaries" in place.refused("install", place.new)


def test_a_name_that_is_not_there_is_refused_with_those_that_are(place: Place) -> None:
    place.do("install", place.new)
    for command in ("promote", "withdraw"):
        assert f"Known are: {NAME}" in place.refused(command, "ffffff")


def test_a_damaged_file_is_not_installed(place: Place) -> None:
    place.new.write_text(place.new.read_text().replace('"made": 1', '"made": "1"'))
    assert "this is no file of dictionaries" in place.refused("install", place.new)


def test_nothing_is_trained_of_too_few_people(place: Place) -> None:
    visit(application(SAMPLE=str(place.sample), SAMPLE_RATE=1), people(15, few=1))
    target = place.new.with_name("other.json")
    told = place.refused("train", target)
    assert "shared by 20 people yet, after 15 writes" in told
    assert not target.exists()


def test_a_file_that_is_there_is_not_written_over(place: Place) -> None:
    visit(application(SAMPLE=str(place.sample), SAMPLE_RATE=1), people(60, few=1))
    before = place.new.read_bytes()
    assert "there is a file of that name already" in place.refused("train", place.new)
    assert place.new.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"no database", b"SQLite format 3\0" + b"x" * 900])
def test_what_is_no_sample_is_one_line(place: Place, content: bytes | None) -> None:
    if content is not None:
        place.sample.touch(mode=0o600)
        place.sample.write_bytes(content)
    told = place.refused("train", place.new.with_name("other.json"))
    assert ("no sample" in told) == (content is not None)


def test_a_sample_that_is_named_and_not_there_is_an_error_of_inspect_too(place: Place) -> None:
    assert "there is no such file" in place.refused("inspect", place.new, "--sample", place.sample)


def test_a_sample_that_cannot_be_opened_is_told_as_such(place: Place) -> None:
    for path in (place.new / "sample.db", place.new.with_name("x" * 300)):
        told = place.refused("train", place.new.with_name("other.json"), "--sample", path)
        assert "the sample can't be read" in told


def test_inspect_goes_without_a_sample_that_only_the_application_may_open(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        sample = folder / "sample.db"
        visit(application(SAMPLE=str(sample), SAMPLE_RATE=1), people(3, few=1))
        monkeypatch.setenv("COOKIE_SESSIONS_SAMPLE", str(sample))
        shelf = folder / "dictionaries.json"
        place.do("install", place.new, "--dictionaries", shelf)

        def inspect() -> None:
            assert place.facts(shelf)[0]["savings"] == []

        as_nobody(inspect)


def test_a_training_whose_sample_is_busy_can_be_repeated(place: Place) -> None:
    visit(application(SAMPLE=str(place.sample), SAMPLE_RATE=1), people(60, few=1))
    target = place.new.with_name("other.json")
    with closing(sqlite3.connect(place.sample, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert "ry again" in place.refused("train", target)
        writer.execute("ROLLBACK")
    assert place.do("train", target)


def test_a_dictionary_of_no_phrase_is_not_made(place: Place) -> None:
    visit(application(SAMPLE=str(place.sample), SAMPLE_RATE=1), people(60, few=1))
    target = place.new.with_name("other.json")
    told = place.refused("train", target, "--octets", str(len(built_in_octets())))
    assert "Raise it" in told
    assert not target.exists()


def test_the_file_is_for_every_user_and_keeps_what_mode_it_is_given(place: Place) -> None:
    place.do("install", place.new)
    assert place.shelf.stat().st_mode & 0o777 == 0o644
    place.shelf.chmod(0o640)
    place.do("promote", NAME, "--force")
    assert place.shelf.stat().st_mode & 0o777 == 0o640


def test_errors_of_the_file_speak_of_dictionaries(place: Place) -> None:
    told = place.refused("install", place.new, "--dictionaries", place.new.parent / "no" / "d.json")
    assert "ring" not in told
    assert "mode 700" not in told


def test_a_moment_is_told_from_now_on_and_not_from_the_training(place: Place) -> None:
    place.now += 30 * 86_400
    told = place.do("install", place.new, "--from", "2030-02-02")
    assert "2030-02-02 00:00Z (in 2 d" in told


def test_a_file_of_train_that_is_deployed_itself_can_be_used(place: Place) -> None:
    place.shelf.write_bytes(place.new.read_bytes())
    assert place.facts()[0]["state"] == "not installed"
    place.do("install", place.new)
    assert place.facts()[0]["state"] == "readable"
    place.shelf.write_bytes(place.new.read_bytes())
    place.do("promote", NAME, "--force")
    assert place.facts()[0]["state"] == "written"
    place.do("withdraw", NAME)
    assert "withdrawn, since 2030-01-01 00:00Z (now)" in place.do("inspect")


def test_since_when_a_dictionary_is_withdrawn_stays(place: Place) -> None:
    place.do("install", place.new)
    place.do("withdraw", NAME)
    place.now += 86_400
    place.do("withdraw", NAME)
    (row,) = place.facts()
    assert (row["state"], row["installed"], row["withdrawn"]) == ("withdrawn", NOW, NOW)


@pytest.mark.parametrize("command", ["promote", "withdraw"])
def test_a_file_that_is_not_there_is_no_file_without_dictionaries(
    place: Place, command: str
) -> None:
    assert "No such file" in place.refused(command, NAME)


def test_a_moment_before_all_is_as_good_as_now(place: Place) -> None:
    place.do("install", place.new, "--from", "1960-01-01", "--force")
    assert place.facts()[0]["state"] == "written"


def test_without_a_file_the_commands_say_how_to_name_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COOKIE_SESSIONS_DICTIONARIES")
    monkeypatch.delenv("COOKIE_SESSIONS_SAMPLE")
    assert "--dictionaries FILE" in place.refused("install", place.new)
    assert "Write FILE, or set" in place.refused("inspect")
    assert "--sample FILE" in place.refused("train", place.new)
    assert place.facts(place.new)[0]["savings"] == []


def test_texts_are_printed_as_ascii_whatever_they_hold(place: Place) -> None:
    trained = made("\x1b[31mGröße\n".encode())
    place.new.write_text(dump_shelf(Shelf((trained,))))
    told = place.do("inspect", place.new, "--texts")
    assert told.splitlines()[-1] == r"\x1b[31mGr\xc3\xb6\xc3\x9fe\n"
    assert place.facts(place.new, "--texts")[0]["texts"] == [r"\x1b[31mGr\xc3\xb6\xc3\x9fe\n"]


def test_a_file_without_a_dictionary_is_told_as_such(place: Place) -> None:
    place.shelf.write_text(dump_shelf(Shelf()))
    assert place.do("inspect") == "There is no dictionary in it.\n"
    assert place.facts() == []


def test_what_a_dictionary_saves_is_shown_once_enough_was_measured(place: Place) -> None:
    visit(application(SAMPLE=str(place.sample), SAMPLE_RATE=1), people(3, few=1))
    told = place.do("inspect", place.new)
    assert told.endswith(f"  What it saves is shown once {ONE.subjects} values were measured.\n")


def test_one_key_alone_has_no_sum_below_it() -> None:
    told = bars([Saving("cart", 2, 200, 100)]).splitlines()
    assert len(told) == 2
    assert told[1].startswith("cart")


def test_a_bar_is_what_is_left() -> None:
    told = bars(
        [Saving("cart", 2, 200, 100), Saving("", 1, 50, 50), Saving("caf\u00e9\x1b", 1, 10, 11)]
    ).splitlines()
    assert told[1].split() == ["cart", "2", "100", "50", "50%", "#" * 15 + "." * 15]
    assert told[2].split() == ["(others)", "1", "50", "50", "0%", "#" * 30]
    assert told[3].split() == [r"caf\xe9\x1b", "1", "10", "11", "-10%", "#" * 30]
    assert told[4].split() == ["together", "4", "65", "40", "38%", "#" * 19 + "." * 11]


def test_under_flask_the_settings_of_the_application_say_where_the_files_are(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COOKIE_SESSIONS_DICTIONARIES")
    place.do("install", place.new, "--dictionaries", place.shelf)
    app = application(DICTIONARIES=str(place.shelf))
    result = app.test_cli_runner().invoke(sessions, ["dictionary", "inspect"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"{NAME}: readable")
