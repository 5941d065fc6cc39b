from __future__ import annotations

import hashlib
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions.dictionaries import sample as module
from cookie_sessions.dictionaries import sample_file
from cookie_sessions.dictionaries.sample import KEY_SIGN, Measured, Sample
from cookie_sessions.errors import ConfigurationError
from tests.together import run_together

KEY = b"k" * 32
NOW = 1_767_225_600.0
DAY = 86_400


def subject(number: int) -> bytes:
    """One person; no two of the first hundred have one octet in common for the words used here."""
    return b"person %d" % number


def count(sample: Sample, text: bytes, numbers: range | list[int], *, now: float = NOW) -> None:
    for number in numbers:
        sample.look()
        sample.count({text: 1}, key=KEY, subject=subject(number), now=now)


def octets(path: Path) -> bytes:
    """All that stands in the sample and in the files beside it."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(path.name + "*")))


def texts(sample: Sample) -> set[bytes]:
    return {phrase.text for phrase in sample.phrases()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sample.db"


def test_the_text_of_a_phrase_is_kept_once_enough_people_had_it_and_one_more_came(
    path: Path,
) -> None:
    sample = Sample(str(path), least=5)
    number = 0
    while bytes(5) not in tags(path):
        assert b"lantern" not in octets(path)
        count(sample, b"lantern", [number])
        number += 1
    assert number >= 5
    assert b"lantern" not in octets(path)
    count(sample, b"lantern", [number])
    assert texts(sample) == {b"lantern"}


def tags(path: Path) -> list[bytes]:
    if not path.exists():
        return []
    db = sqlite3.connect(path)
    try:
        return [row[0] for row in db.execute("SELECT tags FROM pending")]
    finally:
        db.close()


def test_one_person_a_hundred_times_is_one_person(path: Path) -> None:
    sample = Sample(str(path), least=2)
    count(sample, b"lantern", [7] * 100)
    assert texts(sample) == set()
    assert [len(each) for each in tags(path)] == [1]


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.binary(min_size=4, max_size=12).filter(lambda text: text[0] != 0xC1),
        st.lists(st.integers(0, 30), max_size=60),
        min_size=1,
        max_size=6,
    ),
    st.integers(2, 12),
)
def test_what_fewer_than_k_people_have_is_never_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, held: dict[bytes, list[int]], least: int
) -> None:
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    sample = Sample(str(path), least=least)
    for text, numbers in held.items():
        count(sample, text, numbers)
    for text in texts(sample):
        assert len(set(held[text])) >= least
    assert texts(sample) == {phrase.text for phrase in Sample(str(path), least=None).phrases()}


def test_the_file_links_nobody_to_a_phrase_by_more_than_an_octet(path: Path) -> None:
    sample = Sample(str(path), least=20)
    count(sample, b"lantern", range(10))
    (pending,) = tags(path)
    assert len(pending) <= 10
    assert subject(3) not in octets(path)
    assert hashlib.sha256(b"lantern").digest() not in octets(path)


def test_another_key_counts_anew_and_what_was_counted_before_is_worth_nothing(path: Path) -> None:
    sample = Sample(str(path), least=5)
    count(sample, b"lantern", range(4))
    sample.count({b"lantern": 1}, key=b"x" * 32, subject=subject(50), now=NOW)
    assert min(len(each) for each in tags(path)) == 1


def test_the_file_is_its_owners_alone(path: Path) -> None:
    count(Sample(str(path), least=5), b"lantern", [1])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_nobody_else_has_is_forgotten_after_thirty_days(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FORGET_EVERY", 1)
    sample = Sample(str(path), least=5)
    count(sample, b"lantern", [1])
    count(sample, b"kettle", [1], now=NOW + 30 * DAY)
    assert len(tags(path)) == 2
    count(sample, b"kettle", [1], now=NOW + 31 * DAY)
    assert len(tags(path)) == 1


def test_the_file_does_not_grow_beyond_its_bound_and_the_oldest_go_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FORGET_EVERY", 1)
    monkeypatch.setattr(module, "MAX_PENDING", 50)
    sample = Sample(str(path), least=5)
    for day in range(10):
        words = {b"word %d %d" % (day, number): 1 for number in range(20)}
        sample.count(words, key=KEY, subject=b"somebody", now=NOW + day * DAY)
        assert len(tags(path)) <= 50
    db = sqlite3.connect(path)
    (oldest,) = db.execute("SELECT min(day) FROM pending").fetchone()
    db.close()
    assert oldest >= NOW // DAY + 7


def test_no_more_texts_are_kept_than_the_bound(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PHRASES", 3)
    sample = Sample(str(path), least=2)
    for number in range(12):
        sample.look()
        words = {b"word %d" % each: 1 for each in range(8)}
        sample.count(words, key=KEY, subject=subject(number), now=NOW)
    assert len(texts(sample)) == 3


def test_a_sample_of_a_smaller_k_is_not_gone_on_with(path: Path) -> None:
    count(Sample(str(path), least=5), b"lantern", [1])
    count(Sample(str(path), least=5), b"lantern", [2])
    with pytest.raises(ConfigurationError, match="Name a new file, and delete this one"):
        Sample(str(path), least=20).look()


def test_a_sample_of_a_larger_k_keeps_its_own(path: Path) -> None:
    count(Sample(str(path), least=20), b"lantern", [1])
    sample = Sample(str(path), least=5)
    count(sample, b"lantern", range(7))
    assert texts(sample) == set()
    assert sample.facts()["least"] == 20


def test_another_database_is_not_touched(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE customers (name TEXT)")
    db.commit()
    db.close()
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="no sample that this release reads"):
        Sample(str(path), least=5).look()
    assert path.read_bytes() == before


def test_a_command_makes_no_file_where_there_is_none(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        Sample(str(path), least=None).facts()
    assert not path.exists()


def test_names_of_keys_are_no_phrases_but_are_known_like_them(path: Path) -> None:
    sample = Sample(str(path), least=2)
    count(sample, KEY_SIGN + b"cart", range(9))
    sample.look()
    assert KEY_SIGN + b"cart" in sample.known
    assert texts(sample) == set()


def test_what_a_dictionary_saves_is_added_up_by_key_and_ends_with_the_next_one(path: Path) -> None:
    sample = Sample(str(path), least=2)
    sample.look()
    sample.put_candidate(b"one", b"octets")
    sample.measure([Measured(b"one", b"cart", 100, 60), Measured(b"one", b"", 10, 9)])
    sample.measure([Measured(b"one", b"cart", 50, 40)])
    assert [tuple(saving) for saving in sample.savings(b"one")] == [
        ("cart", 2, 150, 100),
    ]
    sample.measure([Measured(b"one", b"rare", 10, 9)])
    assert [tuple(saving) for saving in sample.savings(b"one")] == [
        ("cart", 2, 150, 100),
        ("", 2, 20, 18),
    ]
    sample.put_candidate(b"two", b"octets")
    assert sample.look() == {b"two": b"octets"}
    assert sample.savings(b"one") == []


def test_threads_lose_no_count_of_each_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_file, "_BUSY_SECONDS", 60.0)
    sample = Sample(str(path), least=2)
    count(sample, b"lantern", range(9))
    before = sample.phrases()[0].sessions

    def work(number: int) -> None:
        mine = Sample(str(path), least=2)
        for _ in range(10):
            mine.look()
            mine.count({b"lantern": 3}, key=KEY, subject=subject(number), now=NOW)

    assert run_together(work, range(4)) == []
    (phrase,) = sample.phrases()
    assert phrase.sessions == before + 40


def test_a_file_that_is_deleted_is_begun_anew(path: Path) -> None:
    sample = Sample(str(path), least=2)
    count(sample, b"lantern", range(9))
    for each in path.parent.glob(path.name + "*"):
        each.unlink()
    count(sample, b"lantern", range(9))
    assert texts(sample) == {b"lantern"}


def test_processes_that_start_together_make_one_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is asked of the file later waits for nobody long, and who closes it last locks it.
    monkeypatch.setattr(sample_file, "_BUSY_SECONDS", 60.0)

    def start(number: int) -> None:
        sample = Sample(str(path), least=2)
        sample.begin()
        assert sample.facts()["least"] == 2

    assert run_together(start, range(12)) == []
    count(Sample(str(path), least=2), b"lantern", range(9))
    assert texts(Sample(str(path), least=None)) == {b"lantern"}


def test_starts_at_once_wait_for_each_other_every_time(tmp_path: Path) -> None:
    together = Barrier(8)

    def start(path: str) -> None:
        sample = Sample(path, least=2)
        together.wait()
        sample.begin()

    # Each round alone fails one time in two, where the file is not looked at in one moment.
    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            list(pool.map(start, [str(tmp_path / f"{number}.db")] * 8))


def test_a_start_waits_for_another_that_has_the_new_file_locked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = sample_file.START_SECONDS / module._START_TRIES
    monkeypatch.setattr(module, "START_SECONDS", 60.0)
    monkeypatch.setattr(module, "_START_TRIES", round(60.0 / each))
    path.touch(mode=0o600)
    started = Event()

    def start() -> None:
        started.set()
        Sample(str(path), least=2).begin()

    with closing(sqlite3.connect(path, isolation_level=None)) as other, ThreadPoolExecutor(1) as do:
        other.execute("BEGIN EXCLUSIVE")
        begun = do.submit(start)
        assert started.wait(60)
        # Longer than SQLite itself is told to wait.
        Event().wait(2 * each)
        assert not begun.done()
        other.execute("ROLLBACK")
        begun.result()
    assert Sample(str(path), least=None).facts()["least"] == 2


def test_a_file_that_can_not_be_opened_is_not_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(Sample(str(path), least=2), b"lantern", [1])
    for each in path.parent.glob(path.name + "-*"):
        each.unlink()
    path.with_name(path.name + "-wal").mkdir()
    connect, tries = sqlite3.connect, []

    def counted(*given: Any, **options: Any) -> Any:
        tries.append(given)
        return connect(*given, **options)

    monkeypatch.setattr(sqlite3, "connect", counted)
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        Sample(str(path), least=2).begin()
    assert len(tries) == 1


def test_a_write_that_fails_in_the_midst_is_taken_back_and_holds_nobody_up(path: Path) -> None:
    sample = Sample(str(path), least=2)
    count(sample, b"lantern", range(9))
    before = Sample(str(path), least=None).phrases()
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
        other.execute("DROP TABLE pending")
        with sample.held():
            sample.look()
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                sample.count({b"lantern": 1, b"kettle": 1}, key=KEY, subject=b"x", now=NOW)
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
    assert Sample(str(path), least=None).phrases() == before


def test_another_programs_database_is_no_sample(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE notes (text TEXT)")
        db.execute("PRAGMA user_version = 1")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="no sample that this release reads"):
        Sample(str(path), least=None).facts()


def test_a_sample_that_is_a_link_or_open_to_others_is_refused(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(ConfigurationError, match="mode 600"):
        Sample(str(path), least=2).begin()
    assert not (tmp_path / "elsewhere.db").exists()
    path.unlink()
    path.touch(mode=0o644)
    with pytest.raises(ConfigurationError, match="mode 600"):
        Sample(str(path), least=2).begin()
