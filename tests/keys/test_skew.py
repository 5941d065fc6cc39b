"""Two instances and an operator, each with a clock of its own, through rotation after rotation."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions import sealer
from cookie_sessions.claims import Claims
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.keys import KeySet, change
from cookie_sessions.policy import Timeouts
from cookie_sessions.sealer import Place

START = 1_900_000_000
RELOAD = 300
ROTATE_EVERY = 9_000
PLACE = Place("session", "session", "")


class Publication(NamedTuple):
    """What the ring file held from a moment on."""

    at: int
    keys: KeySet


class Sealed(NamedTuple):
    """A session that an instance sealed."""

    text: str
    claims: Claims
    sealed_at: int


class Deployment:
    """A ring file over time, and instances that read it late, by clocks that are wrong.

    Moments are those of a true clock that nobody has.

    Args:
        longest: how long a session lives, in seconds.
        operator: by how much the operator's clock is ahead.
    """

    def __init__(self, *, longest: int, operator: int) -> None:
        self.timeouts = Timeouts(idle=longest)
        self._operator = operator
        keys = change.begin(
            now=START - 10_000 + operator, longest_session=longest, rotate_every=ROTATE_EVERY
        )
        self.file = [Publication(START - 10_000, keys)]

    def rotate(self, *, until: int) -> None:
        """Have ``rotate`` run whenever there is something to do for it, at the earliest moment."""
        now: float = self.file[-1].at + self._operator
        while now < until + self._operator:
            keys = change.rotate(self.file[-1].keys, now=int(now))
            self.file.append(Publication(int(now) - self._operator, keys))
            latest = max(entry.begins for entry in keys.entries)
            due = latest + ROTATE_EVERY - keys.propagation
            now = min(at for at in (due, keys.resolve(now).next_change) if at > now)

    def promote(self, *, at: int) -> None:
        """Add a key and have it seal at once."""
        now = at + self._operator
        self.file.append(Publication(at, change.add(self.file[-1].keys, now=now, seals_from=now)))

    def known(self, at: int) -> KeySet:
        """What the file held at a moment."""
        return self.file[bisect.bisect_right(self.file, at, key=lambda one: one.at) - 1].keys

    def seal(self, at: int, *, ahead: int, lag: int) -> Sealed:
        """A new session of an instance that last read the file some seconds ago."""
        now = at + ahead
        ring = self.known(at - lag).ring(now)
        text = sealer.seal(b"", ring=ring, place=PLACE, refreshable=True, now=now)
        begun = Claims.begin(now=now, until=now)
        claims = begun._replace(until=self.timeouts.until(now=now, claims=begun))
        return Sealed(text, claims, now)

    def refusal(self, sealed: Sealed, at: int, *, ahead: int, lag: int) -> Reason | None:
        """Why an instance that asks for no missing keys refuses a session; None: it opens."""
        now = at + ahead
        try:
            ring = self.known(at - lag).ring(now)
            sealer.open_text(sealed.text, ring=ring, place=PLACE, now=now)
        except Rejected as rejected:
            return rejected.reason
        return self.timeouts.verdict(sealed.claims, sealed_at=sealed.sealed_at, now=now)

    def handovers(self) -> list[int]:
        """When a new key begins to seal, by the operator's clock."""
        begins = {int(entry.begins) for one in self.file for entry in one.keys.entries}
        return sorted(begins)[1:]


class Meeting(NamedTuple):
    """A session that one instance seals and another is sent, while it lives by its clock."""

    deployment: Deployment
    sealed: Sealed
    reader: int
    read_at: int
    lag: int


@st.composite
def meetings(draw: st.DrawFn, *, apart: int) -> Meeting:
    """Any meeting amid scheduled rotations, of clocks that differ by at most so many seconds."""
    clocks = [draw(st.sampled_from([0, apart]) | st.integers(0, apart)) for _ in range(3)]
    operator, writer, reader = clocks
    longest = draw(st.sampled_from([1_800, 5_400, 20_000]))
    deployment = Deployment(longest=longest, operator=operator)
    deployment.rotate(until=START + 40_000)
    lags = st.sampled_from([0, RELOAD]) | st.integers(0, RELOAD)
    near = st.sampled_from([-1, 0, 1]) | st.integers(-900, 900)
    written_at = draw(st.sampled_from(deployment.handovers())) - writer + draw(near)
    sealed = deployment.seal(written_at, ahead=writer, lag=draw(lags))
    # From when it was sealed until its end by the reader's clock, its first and last minutes above
    # all.
    last = sealed.claims.until - reader
    read_at = draw(
        st.integers(0, 900).map(lambda after: written_at + after)
        | st.integers(0, 900).map(lambda left: last - left)
        | st.integers(0, longest).map(lambda after: written_at + after)
    )
    read_at = max(written_at, min(read_at, last))
    return Meeting(deployment, sealed, reader, read_at, draw(lags))


def corners(*, apart: int) -> Iterator[Meeting]:
    """The meetings that are hardest on a rotation: all that differs differs as much as it may."""
    clocks, lags = (0, apart), (0, RELOAD)
    for longest, operator in itertools.product((1_800, 5_400, 20_000), clocks):
        deployment = Deployment(longest=longest, operator=operator)
        deployment.rotate(until=START + 40_000)
        for handover, writer, reader, lag_of_writer, lag, before in itertools.product(
            deployment.handovers(), clocks, clocks, lags, lags, (0, 1)
        ):
            written_at = handover - writer - before
            sealed = deployment.seal(written_at, ahead=writer, lag=lag_of_writer)
            last = sealed.claims.until - reader
            for read_at in (written_at, written_at + 1, last - 1, last):
                yield Meeting(deployment, sealed, reader, read_at, lag)


def check_that_nothing_is_lost(meeting: Meeting) -> None:
    deployment, sealed, reader, read_at, lag = meeting
    assert deployment.refusal(sealed, read_at, ahead=reader, lag=lag) is None


def check_that_nothing_worse_happens(meeting: Meeting) -> Reason | None:
    """What the page says of clocks that are ten minutes apart."""
    deployment, sealed, reader, read_at, lag = meeting
    now = read_at + reader
    reason = deployment.refusal(sealed, read_at, ahead=reader, lag=lag)
    if sealed.sealed_at > now + SKEW:
        assert reason is Reason.NOT_YET_VALID
        # It opens as soon as the reader's clock is within the allowance of the time it was sealed.
        later = sealed.sealed_at - SKEW - reader
        assert later - read_at <= 600 - SKEW
        assert deployment.refusal(sealed, later, ahead=reader, lag=lag) is None
    elif reason is not None:
        # Its key was destroyed by a clock that is ahead: only seconds of its life were left.
        assert reason is Reason.UNKNOWN_KID
        assert sealed.claims.until - now <= 600 - SKEW
    return reason


@settings(max_examples=200)
@given(meetings(apart=240))
def test_with_clocks_four_minutes_apart_no_session_is_lost_at_any_point(meeting: Meeting) -> None:
    check_that_nothing_is_lost(meeting)


@settings(max_examples=200)
@given(meetings(apart=600))
def test_with_clocks_ten_minutes_apart_this_happens_and_nothing_worse(meeting: Meeting) -> None:
    check_that_nothing_worse_happens(meeting)


def test_no_session_is_lost_where_clocks_and_delays_differ_as_much_as_they_may() -> None:
    for apart in (0, 240):
        for meeting in corners(apart=apart):
            check_that_nothing_is_lost(meeting)


def test_both_kinds_of_degradation_occur_and_no_other() -> None:
    reasons = {check_that_nothing_worse_happens(meeting) for meeting in corners(apart=600)}
    assert reasons == {None, Reason.NOT_YET_VALID, Reason.UNKNOWN_KID}


def test_who_is_behind_refuses_for_as_long_as_the_page_says() -> None:
    deployment = Deployment(longest=5_000, operator=0)
    sealed = deployment.seal(START, ahead=600, lag=0)
    refusals = [
        deployment.refusal(sealed, START + after, ahead=0, lag=0) for after in (0, 299, 300)
    ]
    assert refusals == [Reason.NOT_YET_VALID, Reason.NOT_YET_VALID, None]


def test_a_key_that_a_fast_clock_destroys_takes_seconds_of_a_life_and_no_more() -> None:
    deployment = Deployment(longest=5_000, operator=600)
    deployment.rotate(until=START + 40_000)
    handovers = {int(one.begins) for each in deployment.file for one in each.keys.entries}
    lost: list[int] = []
    for handover in sorted(handovers)[1:-1]:
        sealed = deployment.seal(handover - 1, ahead=0, lag=0)
        lives = range(sealed.claims.until - 700, sealed.claims.until + 1)
        reasons = [deployment.refusal(sealed, at, ahead=0, lag=0) for at in lives]
        assert set(reasons) <= {None, Reason.UNKNOWN_KID}
        lost.append(len(reasons) - reasons.count(None))
    assert max(lost) == 600 - SKEW


@pytest.mark.parametrize("lag", [0, RELOAD])
@pytest.mark.parametrize("apart", [-240, 0, 240])
def test_a_key_at_short_notice_costs_an_unused_session_its_last_seconds_at_most(
    lag: int, apart: int
) -> None:
    deployment = Deployment(longest=5_000, operator=0)
    deployment.promote(at=START)
    allowed = max(0, lag + apart - SKEW)
    worst = 0
    # The seconds in which an instance does not know yet what has changed.
    for sealed_at in {START - 1, *range(START, START + lag, 60), START + lag - 1}:
        sealed = deployment.seal(sealed_at, ahead=apart, lag=lag)
        last = sealed.claims.until
        opens = [
            at
            for at in range(last - 600, last + 1)
            if deployment.refusal(sealed, at, ahead=0, lag=0) is None
        ]
        worst = max(worst, last - max(opens))
    assert worst == allowed
