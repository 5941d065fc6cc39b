"""Durations and moments, written and read."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.cli.times import duration, iso, moment_from, seconds, since_epoch
from tests.cli.world import DAY, HOUR, NOW


@pytest.mark.parametrize(
    ("text", "length"),
    [("90s", 90), ("15m", 900), ("12h", 43_200), ("31d", 31 * DAY), ("1d12h", 36 * HOUR)],
)
def test_durations_are_read(text: str, length: int) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "90", "1.5h", "-1d", "1h1d", "1 d", "d", "9" * 10 + "d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        seconds(text)


@given(st.integers(0, 10**9))
def test_a_duration_that_is_told_differs_by_less_than_its_last_unit(length: int) -> None:
    told = duration(length).replace(" min", "m").replace(" ", "")
    last = {"d": DAY, "h": HOUR, "m": 60, "s": 1}[told[-1]]
    assert 0 <= length - seconds(told) < last


def test_moments_are_utc_where_they_name_no_zone() -> None:
    assert since_epoch("2030-01-01") == NOW
    assert since_epoch("2030-01-01T00:00") == NOW
    assert since_epoch("2030-01-01T01:00+01:00") == NOW
    assert iso(NOW) == "2030-01-01T00:00:00Z"
    assert iso(float("inf")) is None
    with pytest.raises(click.BadParameter):
        since_epoch("1/1/2030")


def test_moments_are_told_with_their_distance() -> None:
    assert moment_from(NOW + 31 * DAY + HOUR, NOW) == "2030-02-01 01:00Z (in 31 d 1 h)"
    assert moment_from(NOW - 90, NOW) == "2029-12-31 23:58Z (1 min 30 s ago)"
    assert moment_from(NOW, NOW) == "2030-01-01 00:00Z (now)"
