"""Somebody tries to get at people through the sample and the dictionary that is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cookie_sessions.codec import Codec
from cookie_sessions.dictionaries.sample import LEAST_SUBJECTS, Sample
from cookie_sessions.dictionaries.trained import Trained
from tests.dictionaries.population import COLOURS, GOODS, GREETING, Person, people
from tests.dictionaries.sampled import application, trained_of, visit

SHORTEST = 5
"""Characters of the shortest part of something private that is looked for."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Person], Trained, bytes]:
    """Five hundred people, the dictionary trained of their sessions, and the sample's octets."""
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    persons = list(people(500, few=LEAST_SUBJECTS - 1))
    visit(application(SAMPLE=str(path), SAMPLE_RATE=1), persons)
    left = b"".join(each.read_bytes() for each in sorted(path.parent.iterdir()))
    return persons, trained_of(path), left


def parts(text: str) -> set[bytes]:
    """Every part of a text that is long enough to tell something."""
    return {text[start : start + SHORTEST].encode() for start in range(len(text) - SHORTEST + 1)}


def test_something_was_learned(world: tuple[list[Person], Trained, bytes]) -> None:
    _, trained, _ = world
    told = b"".join(trained.texts())
    for shared in (b"Storm Lantern", b"gift for", b" Your order has left our warehouse in Spring"):
        assert shared in told
    assert len(trained.phrases) > 50


def test_no_part_of_what_is_private_can_be_extracted(
    world: tuple[list[Person], Trained, bytes],
) -> None:
    persons, trained, left = world
    # What the shop says to everybody; a private text may have five letters of it by chance.
    public = "\0".join((*GOODS, *COLOURS, " Lane, Springfield", ".example", GREETING)).encode()
    wanted = {part for person in persons for text in person.private for part in parts(text)}
    wanted = {part for part in wanted if part not in public}
    assert len(wanted) > 20_000
    for where, octets in (("dictionary", b"\n".join(trained.texts())), ("sample", left)):
        there = {octets[at : at + SHORTEST] for at in range(len(octets) - SHORTEST + 1)}
        assert sorted(wanted & there) == [], where


def test_a_family_of_fewer_than_k_is_not_in_it_though_its_name_is_in_nineteen_sessions(
    world: tuple[list[Person], Trained, bytes],
) -> None:
    persons, trained, left = world
    surnames = {person.private[1].encode() for person in persons}
    assert len(surnames) < len(persons) / 10
    for surname in surnames:
        assert surname not in trained.octets
        assert surname not in left
        assert surname.lower() not in trained.octets


def test_each_phrase_of_the_dictionary_is_in_the_sessions_of_k_people(
    world: tuple[list[Person], Trained, bytes],
) -> None:
    persons, trained, _ = world
    codec = Codec()
    held = []
    for person in persons:
        segments = [
            codec.segment(name, codec.to_wire(name, value, codec.pack(value)))
            for name, value in person.values.items()
        ]
        held.append([segment for segment in segments if segment is not None])
    for text in trained.texts():
        assert sum(any(text in one for one in each) for each in held) >= LEAST_SUBJECTS, text


def test_nothing_of_sessions_of_nobody_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    app = application(SAMPLE=str(path), SAMPLE_RATE=1, SAMPLE_SUBJECTS=2)
    nobody = [
        person._replace(values={"note": "the same words, from one person without an account"})
        for person in people(30, few=2)
    ]
    visit(app, nobody)
    sample = Sample(str(path), least=None)
    assert sample.facts()["sessions"] == 0
    assert sample.phrases() == []


def test_a_key_whose_name_tells_of_somebody_is_not_named_though_its_value_is_counted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sample.db"
    note = "words that everybody reads there"
    visit(
        application(SAMPLE=str(path), SAMPLE_RATE=1, SAMPLE_SUBJECTS=2),
        [
            person._replace(
                values={
                    "_user_id": str(person.number),
                    "seen:boss@example.com": note,
                    "motto": note,
                }
            )
            for person in people(30, few=2)
        ],
    )
    told = b"".join(phrase.text for phrase in Sample(str(path), least=None).phrases())
    assert b"everybody" in told
    left = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"motto" in left
    assert b"boss" not in left


def test_nothing_in_the_overflow_store_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    app = application(
        SAMPLE=str(path),
        SAMPLE_RATE=1,
        SAMPLE_SUBJECTS=2,
        OVERFLOW=f"sqlite:{tmp_path / 'store.db'}",
        COLD=["record"],
    )
    record = {"record": "words that are kept away from the browser, for each of them"}
    near = {"motto": "words that everybody may read in the browser"}
    visit(
        app,
        [
            person._replace(values={"_user_id": str(person.number), **record, **near})
            for person in people(30, few=2)
        ],
    )
    told = b"".join(phrase.text for phrase in Sample(str(path), least=None).phrases())
    assert b"everybody" in told
    assert b"away" not in told


@pytest.mark.parametrize(("times", "is_counted"), [(240, True), (330, False)])
def test_a_value_above_8192_octets_is_not_looked_at(
    tmp_path: Path, times: int, is_counted: bool
) -> None:
    path = tmp_path / "sample.db"
    note = {"note": "words of many people that " * times}
    visit(
        application(SAMPLE=str(path), SAMPLE_RATE=1, SAMPLE_SUBJECTS=2),
        [
            person._replace(values={"_user_id": str(person.number), **note})
            for person in people(30, few=2)
        ],
    )
    told = b"".join(phrase.text for phrase in Sample(str(path), least=None).phrases())
    assert (b"people" in told) == is_counted


def test_one_in_so_many_sessions_is_looked_at_and_the_others_leave_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    visit(application(SAMPLE=str(path), SAMPLE_RATE=0.1), people(400, few=2), aside=None)
    assert 5 <= Sample(str(path), least=None).facts()["sessions"] <= 70
