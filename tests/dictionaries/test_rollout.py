"""Instances with and without a dictionary, one browser between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cookie_sessions import clock
from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.compose import BUILT_IN_HEAD
from cookie_sessions.dictionaries.sample import Sample
from cookie_sessions.dictionaries.shelf import Shelf, dump_shelf
from cookie_sessions.dictionaries.trained import Trained, numbered
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import Event, EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import from_secret_keys
from cookie_sessions.manager import PURPOSE
from cookie_sessions.sealer import Place, open_text
from tests.dictionaries.population import Person, people
from tests.dictionaries.sampled import SECRET, application, trained_of, visit

NOW = 1_767_225_600.0
GUEST = next(person for person in people(1, few=1))
SESSION = Place(PURPOSE, "session", "")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    visit(application(SAMPLE=str(path), SAMPLE_RATE=1), list(people(301, few=1))[1:])
    return trained_of(path)


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [NOW]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    return now


def instance(folder: Path, trained: Trained, **facts: Any) -> Flask:
    """An instance whose file has the dictionary, with what is said of it."""
    path = folder / f"{len(list(folder.iterdir()))}.json"
    shelf = Shelf((trained._replace(installed=0, **facts),))
    path.write_text(dump_shelf(shelf), encoding="ascii")
    return application(DICTIONARIES=str(path))


def holding(app: Flask, person: Person) -> FlaskClient:
    """A browser whose session that instance wrote."""
    (line,) = visit(app, [person])
    return with_cookie(app, line)


def with_cookie(app: Flask, line: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("session", line.partition(";")[0].removeprefix("session="))
    return client


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("session")
    assert found is not None
    return found.value


def plaintext(client: FlaskClient) -> bytes:
    ring = from_secret_keys(SECRET)
    return open_text(cookie(client), ring=ring, place=SESSION, now=clock.now()).plaintext


def moved(client: FlaskClient, app: Flask) -> FlaskClient:
    """The same browser, at another instance."""
    return with_cookie(app, f"session={cookie(client)}")


def read(client: FlaskClient, key: str) -> Any:
    return client.get(f"/read/{key}").json


def events_of(app: Flask) -> list[Event]:
    heard: list[Event] = []
    CookieSessions.events(app).subscribe(heard.append)
    return heard


def test_a_readable_dictionary_is_not_written_with_and_reads_what_others_write(
    tmp_path: Path, trained: Trained
) -> None:
    readable = instance(tmp_path, trained)
    assert b"\xc1" + trained.name not in plaintext(holding(readable, GUEST))
    writing = holding(instance(tmp_path, trained, begins=0), GUEST)
    assert b"\xc1" + trained.name in plaintext(writing)
    assert read(moved(writing, readable), "cart")["value"] == GUEST.values["cart"]


def test_what_is_written_with_it_is_smaller(tmp_path: Path, trained: Trained) -> None:
    shipped = cookie(holding(application(), GUEST))
    assert len(cookie(holding(instance(tmp_path, trained, begins=0), GUEST))) < 0.9 * len(shipped)


def test_an_instance_without_it_finds_the_value_absent_and_copies_it_forward_untouched(
    tmp_path: Path, trained: Trained
) -> None:
    writing = instance(tmp_path, trained, begins=0)
    browser = holding(writing, GUEST)
    ignorant = application()
    heard = events_of(ignorant)
    there = moved(browser, ignorant)
    assert read(there, "cart") == {"there": False, "value": None}
    assert EventName.VALUE_UNDECODABLE in [event.name for event in heard]
    assert read(there, "_user_id")["value"] == "0"
    there.get("/touch")
    back = moved(there, writing)
    assert read(back, "cart")["value"] == GUEST.values["cart"]
    assert read(back, "touched")["value"] == 1


def test_a_date_switches_running_instances(
    tmp_path: Path, trained: Trained, moment: list[float]
) -> None:
    app = instance(tmp_path, trained, begins=int(NOW) + 60)
    assert trained.name not in plaintext(holding(app, GUEST))
    moment[0] += 60
    assert trained.name in plaintext(holding(app, GUEST))


def test_a_refresh_packs_anew_what_a_withdrawn_dictionary_wrote(
    tmp_path: Path, trained: Trained, moment: list[float]
) -> None:
    browser = holding(instance(tmp_path, trained, begins=0), GUEST)
    app = instance(tmp_path, trained, begins=0, withdrawn=1)
    there = moved(browser, app)
    before = cookie(there)
    moment[0] += 30 * 3600
    there.get("/unused")
    assert cookie(there) != before
    assert trained.name not in plaintext(there)
    assert read(moved(there, application()), "cart")["value"] == GUEST.values["cart"]


def test_a_write_packs_anew_what_a_withdrawn_dictionary_wrote(
    tmp_path: Path, trained: Trained
) -> None:
    browser = holding(instance(tmp_path, trained, begins=0), GUEST)
    there = moved(browser, instance(tmp_path, trained, begins=0, withdrawn=1))
    there.get("/touch")
    assert trained.name not in plaintext(there)
    there = moved(there, application())
    for key in ("cart", "profile", "greeting", "tokens"):
        assert read(there, key)["value"] == GUEST.values[key]


def test_what_can_not_be_read_is_copied_as_it_stands_though_its_dictionary_is_withdrawn(
    tmp_path: Path, trained: Trained
) -> None:
    writing, codec = (
        instance(tmp_path, trained, begins=0, **facts).extensions["cookie_sessions"].manager.codec
        for facts in ({}, {"withdrawn": 1})
    )
    cart = GUEST.values["cart"]
    whole = writing.to_wire("cart", cart, writing.pack(cart))
    wires = {"cart": whole, "damaged": whole[:-1]}
    repacked = codec.repacked(wires)
    assert trained.name in whole
    assert trained.name not in repacked["cart"]
    assert codec.from_wire(repacked["cart"]) == cart
    assert repacked["damaged"] == wires["damaged"]


def test_a_dictionary_that_was_only_superseded_stays_as_it_stands_in_what_nobody_changes(
    tmp_path: Path, trained: Trained
) -> None:
    browser = holding(instance(tmp_path, trained, begins=0), GUEST)
    there = moved(browser, instance(tmp_path, trained))
    there.get("/touch")
    assert trained.name in plaintext(there)


def test_secret_values_are_never_compressed_with_it(tmp_path: Path, trained: Trained) -> None:
    browser = holding(instance(tmp_path, trained, begins=0), GUEST)
    assert bytes.fromhex(GUEST.values["csrf_token"]) in plaintext(browser)


def test_a_broken_file_stops_the_start(tmp_path: Path, trained: Trained) -> None:
    app = instance(tmp_path, trained)
    path = Path(app.config["COOKIE_SESSIONS_DICTIONARIES"])
    path.write_text(path.read_text().replace('"sha256": "', '"sha256": "0'))
    with pytest.raises(ConfigurationError, match="dictionary 1: this is no file of dictionaries"):
        CookieSessions.check(app)


def test_a_candidate_is_measured_in_the_running_application_before_it_is_installed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sample.db"
    app = application(SAMPLE=str(path), SAMPLE_RATE=1)
    crowd = list(people(340, few=1))
    visit(app, crowd[:300])
    trained = trained_of(path)
    sample = Sample(str(path), least=None)
    sample.put_candidate(trained.name, trained.octets)
    visit(app, crowd[300:], aside=True)
    savings = {saving.key: saving for saving in sample.savings(trained.name)}
    assert {"cart", "profile", "greeting"} <= savings.keys()
    assert savings["cart"].values == 40
    shipped = application().extensions["cookie_sessions"].manager.codec
    measured = sum(
        len(shipped.to_wire("cart", value, shipped.pack(value)))
        for value in (person.values["cart"] for person in crowd[300:])
    )
    assert savings["cart"].without == measured
    assert savings["cart"].octets < 0.8 * measured


def test_a_session_is_either_counted_or_measured_for_all_its_life(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    app = application(SAMPLE=str(path), SAMPLE_RATE=1)
    crowd = list(people(80, few=1))
    visit(app, crowd, aside=True)
    sample = Sample(str(path), least=None)
    assert sample.facts()["sessions"] == 0
    sample.put_candidate(b"\x80\x00\x01", numbered(built_in_octets()[:BUILT_IN_HEAD], b"words" * 9))
    visit(app, crowd)
    assert sample.facts()["sessions"] == 80
    assert sample.savings(b"\x80\x00\x01") == []
    visit(app, crowd, aside=True)
    assert sample.facts()["sessions"] == 80
    assert {saving.values for saving in sample.savings(b"\x80\x00\x01")} >= {80}


def test_a_sample_that_can_not_be_written_costs_the_visitor_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    app = application(SAMPLE=str(path), SAMPLE_RATE=1)
    visit(app, [GUEST])
    heard = events_of(app)
    for each in tmp_path.iterdir():
        each.unlink()
    path.mkdir()
    assert len(visit(app, [GUEST])) == 1
    assert len(visit(app, [GUEST])) == 1
    failures = [event for event in heard if event.name is EventName.SAMPLING_FAILED]
    assert [dict(event.details) for event in failures] == [{"fault": "ConfigurationError"}]


def test_a_sample_that_can_not_be_made_stops_the_start(tmp_path: Path) -> None:
    app = application(SAMPLE=str(tmp_path / "missing" / "sample.db"))
    with pytest.raises(ConfigurationError, match="Create its folder"):
        CookieSessions.check(app)


def test_a_candidate_that_is_damaged_costs_the_visitor_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    app = application(SAMPLE=str(path), SAMPLE_RATE=1)
    visit(app, [GUEST])
    Sample(str(path), least=None).put_candidate(b"\x80\x00\x01", b"\x37\xa4\x30\xec" + bytes(40))
    heard = events_of(app)
    assert len(visit(app, [GUEST], aside=True)) == 1
    (failure,) = [event for event in heard if event.name is EventName.SAMPLING_FAILED]
    assert dict(failure.details) == {"fault": "ZstdError"}
