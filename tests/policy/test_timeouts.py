"""When a session ends: settings shorten a sealed end and never lengthen it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.claims import Claims
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import Reason
from cookie_sessions.policy import Timeouts

NOW = 1_750_000_000
HOUR = 3600
DAY = 86_400


def begun(iat: int) -> Claims:
    return Claims(sid=bytes(16), iat=iat, since=iat * 1000, until=iat)


def verdict(
    timeouts: Timeouts, *, iat: int = NOW, until: int, sealed_at: int | None = None, now: float
) -> Reason | None:
    claims = Claims(sid=bytes(16), iat=iat, since=iat * 1000, until=until)
    return timeouts.verdict(claims, sealed_at=iat if sealed_at is None else sealed_at, now=now)


def test_a_write_seals_the_nearer_of_idle_and_absolute_end() -> None:
    assert Timeouts(idle=HOUR).until(now=NOW + 0.9, claims=begun(0)) == NOW + HOUR
    both = Timeouts(idle=HOUR, absolute=DAY)
    assert both.until(now=NOW, claims=begun(NOW)) == NOW + HOUR
    assert both.until(now=NOW, claims=begun(NOW - DAY + 60)) == NOW + 60
    assert Timeouts(idle=DAY, absolute=HOUR).until(now=NOW, claims=begun(NOW)) == NOW + HOUR


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW, None),
        (NOW + HOUR, None),
        (NOW + HOUR + 0.99, None),
        (NOW + HOUR + 1, Reason.EXPIRED_IDLE),
        (NOW + DAY * 400, Reason.EXPIRED_IDLE),
    ],
)
def test_a_session_lives_through_the_second_of_its_end(now: float, expected: Reason | None) -> None:
    assert verdict(Timeouts(idle=HOUR), until=NOW + HOUR, now=now) is expected


def test_a_shorter_idle_time_ends_what_was_sealed_for_longer() -> None:
    short = Timeouts(idle=60)
    assert verdict(short, until=NOW + HOUR, now=NOW + 60) is None
    assert verdict(short, until=NOW + HOUR, now=NOW + 61) is Reason.EXPIRED_IDLE
    assert verdict(short, until=NOW + HOUR, sealed_at=NOW + 30, now=NOW + 61) is None


def test_a_longer_idle_time_does_not_lengthen_what_was_sealed() -> None:
    assert verdict(Timeouts(idle=DAY), until=NOW + HOUR, now=NOW + HOUR + 1) is Reason.EXPIRED_IDLE


@pytest.mark.parametrize("remember", [HOUR, DAY, 90 * DAY])
@pytest.mark.parametrize("idle", [60, 90 * DAY])
def test_a_longer_remember_time_does_not_lengthen_what_was_sealed(remember: int, idle: int) -> None:
    timeouts = Timeouts(idle=idle, remember=remember)
    claims = begun(NOW)._replace(lasts=DAY, until=NOW + HOUR)
    assert timeouts.verdict(claims, sealed_at=NOW, now=NOW + HOUR) is None
    over = timeouts.verdict(claims, sealed_at=NOW, now=NOW + HOUR + 1)
    expected = Reason.EXPIRED_ABSOLUTE if remember == HOUR else Reason.EXPIRED_IDLE
    assert over is expected
    assert timeouts.kept_until(claims, sealed_at=NOW) == NOW + HOUR
    # Nor does a write reach beyond what a remembered session was given when it began.
    assert timeouts.until(now=NOW + 60, claims=claims) == NOW + min(remember, DAY)


def test_an_absolute_time_ends_a_session_however_lately_it_was_used() -> None:
    timeouts = Timeouts(idle=HOUR, absolute=DAY)
    end = NOW + DAY
    for until in (end, end + HOUR):
        assert verdict(timeouts, until=until, sealed_at=end - 9, now=end) is None
        over = verdict(timeouts, until=until, sealed_at=end - 9, now=end + 1)
        assert over is Reason.EXPIRED_ABSOLUTE


@pytest.mark.parametrize(("ahead", "expected"), [(SKEW, None), (SKEW + 1, Reason.NOT_YET_VALID)])
def test_a_beginning_beyond_the_allowance_is_not_yet_valid(
    ahead: int, expected: Reason | None
) -> None:
    for absolute in (None, DAY):
        timeouts = Timeouts(idle=HOUR, absolute=absolute)
        iat = NOW + ahead
        assert verdict(timeouts, iat=iat, until=iat + HOUR, now=NOW) is expected


MOMENTS = st.integers(NOW - 5 * DAY, NOW + 5 * DAY)
SPANS = st.integers(1, 5 * DAY)


@given(MOMENTS, MOMENTS, MOMENTS, SPANS, st.none() | SPANS)
def test_what_was_just_sealed_lives_and_dies_at_the_end_that_was_sealed(
    iat: int, sealed_at: int, now: int, idle: int, absolute: int | None
) -> None:
    timeouts = Timeouts(idle=idle, absolute=absolute)
    until = timeouts.until(now=sealed_at, claims=begun(iat))
    if iat <= sealed_at <= until:
        assert verdict(timeouts, iat=iat, until=until, sealed_at=sealed_at, now=sealed_at) is None
        if now >= sealed_at:
            over = verdict(timeouts, iat=iat, until=until, sealed_at=sealed_at, now=now)
            assert (over is None) == (now <= until)


@given(MOMENTS, MOMENTS, SPANS, SPANS, st.none() | SPANS, st.none() | SPANS)
def test_no_setting_revives_a_session_after_its_sealed_end(
    iat: int, now: int, idle: int, later_idle: int, absolute: int | None, later: int | None
) -> None:
    until = Timeouts(idle=idle, absolute=absolute).until(now=iat, claims=begun(iat))
    if now > until:
        assert verdict(Timeouts(later_idle, later), iat=iat, until=until, now=now) is not None


@pytest.mark.parametrize(
    ("idle", "age"), [(DAY * 31, 60), (6000, 60), (HOUR, 36), (100, 1), (10, 0.1), (1, 0.01)]
)
def test_an_untouched_session_is_refreshed_after_a_hundredth_of_its_life_but_a_minute_at_most(
    idle: int, age: float
) -> None:
    timeouts = Timeouts(idle=idle)
    assert not timeouts.refresh_due(sealed_at=NOW, now=NOW)
    assert not timeouts.refresh_due(sealed_at=NOW, now=NOW - 1000)
    assert not timeouts.refresh_due(sealed_at=NOW, now=NOW + age * 0.99)
    assert timeouts.refresh_due(sealed_at=NOW, now=NOW + age * 1.01)
