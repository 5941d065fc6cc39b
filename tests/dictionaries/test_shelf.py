from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions import clock
from cookie_sessions.dictionaries.shelf import (
    MAX_SHELF_OCTETS,
    Shelf,
    ShelfDictionaries,
    dump_shelf,
    parse_shelf,
    read_shelf,
)
from cookie_sessions.errors import ConfigurationError
from tests.dictionaries.test_trained import made

ONE = made()._replace(installed=10)
TWO = made(b"Walnut Tray, ivory" * 4)._replace(installed=20)


def parsed(shelf: Shelf) -> Shelf:
    return parse_shelf(dump_shelf(shelf).encode(), origin="here")


@pytest.mark.parametrize(
    "shelf",
    [Shelf(), Shelf((ONE,)), Shelf((ONE._replace(begins=5), TWO._replace(withdrawn=9, begins=3)))],
)
def test_what_is_written_is_read_back(shelf: Shelf) -> None:
    assert parsed(shelf) == shelf


def test_the_last_that_has_begun_and_is_not_withdrawn_is_written_with() -> None:
    shelf = Shelf((ONE._replace(begins=100), TWO._replace(begins=200)))
    assert [shelf.written(now) for now in (99.9, 100, 199.9, 200)] == [
        None,
        shelf.entries[0],
        shelf.entries[0],
        shelf.entries[1],
    ]
    assert [shelf.state(entry, 250) for entry in shelf.entries] == ["superseded", "written"]
    assert [shelf.state(entry, 150) for entry in shelf.entries] == ["written", "readable"]


def test_where_the_one_that_was_written_with_is_withdrawn_the_one_before_goes_on() -> None:
    shelf = Shelf((ONE._replace(begins=100), TWO._replace(begins=200, withdrawn=300)))
    assert shelf.written(400) == shelf.entries[0]
    assert shelf.state(shelf.entries[1], 400) == "withdrawn"


def test_a_date_takes_effect_without_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    dictionaries = ShelfDictionaries(Shelf((ONE._replace(begins=100),)))
    monkeypatch.setattr(clock, "now", lambda: 99.0)
    assert dictionaries.written() is None
    monkeypatch.setattr(clock, "now", lambda: 100.0)
    assert dictionaries.written() is dictionaries.named[ONE.name]


def document(**changes: Any) -> bytes:
    row = json.loads(dump_shelf(Shelf((ONE,))))["dictionaries"][0]
    return json.dumps({"dictionaries": [row | changes]}).encode()


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"dictionaries": 1}',
        b'{"dictionaries": [1]}',
        b'{"dictionaries": [], "dictionaries": []}',
        b'{"dictionaries": [], "more": 1}',
        b"[" * 100_000,
        b" " * (MAX_SHELF_OCTETS + 1),
        document(name="800001"),
        document(sha256="0" * 64),
        document(octets="!"),
        document(octets=base64.b64encode(TWO.octets).decode()),
        document(octets=5),
        document(begins="soon"),
        document(begins=True),
        document(made=None),
        document(made=-1),
        document(phrases=[0]),
        document(phrases=[10**9]),
        document(phrases=7),
        document(more=1),
        dump_shelf(Shelf((ONE, ONE))).encode(),
    ],
    ids=range(24),
)
def test_what_is_no_shelf_is_one_error_of_the_operators_that_says_where(octets: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"^here.*: this is no .*\. (Name|Take) the") as e:
        parse_shelf(octets, origin="here")
    assert e.value.__context__ is None or e.value.__suppress_context__


@pytest.mark.parametrize("name", ["missing.json", "a\0b", "."])
def test_a_file_that_can_not_be_read_says_what_to_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        ConfigurationError, match="dictionary train makes one, and dictionary install"
    ):
        read_shelf(str(tmp_path / name))
