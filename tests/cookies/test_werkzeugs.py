"""Every difference from Werkzeug's reader is one of those that the page explains."""

from __future__ import annotations

import pytest

from tests.cookies.headers import headers
from tests.cookies.page import code, rows
from tests.cookies.werkzeugs import READERS, Habit, compare, explain, ours, werkzeugs

pytestmark = pytest.mark.once

HEADERS = 100_000
ROWS = rows("Against Werkzeug")


def test_all_differences_are_explained_and_the_page_counts_them() -> None:
    counts = compare(headers(HEADERS, seed=1))
    for reader in READERS:
        assert counts[reader, "found"] > HEADERS / 2
    assert [row[0] for row in ROWS] == [habit.value for habit in Habit]
    for habit, row in zip(Habit, ROWS, strict=True):
        told = [int(cell.replace(",", "")) for cell in row[4:6]]
        assert told == [counts[reader, habit] for reader in READERS]
        assert told[1] > 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_example_of_the_page_shows_its_difference_and_no_other(row: list[str]) -> None:
    habit = Habit(row[0])
    header, mine, theirs = (eval(code(cell)) for cell in row[1:4])  # noqa: S307
    assert ours(header, "session") == mine
    for reader, known in READERS.items():
        if habit in known:
            assert werkzeugs(reader, header, "session") == theirs
            assert explain(header, "session", theirs, known) == (habit,)
        else:
            assert werkzeugs(reader, header, "session") == mine


def test_what_no_habit_gives_is_not_explained() -> None:
    for reader, known in READERS.items():
        with pytest.raises(LookupError, match="unexplained"):
            explain("x=1,session=a", "session", ("a",), known)
        assert werkzeugs(reader, "x=1,session=a", "session") == ()


def test_a_seed_always_gives_the_same_headers() -> None:
    first, again, other = (list(headers(50, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other
