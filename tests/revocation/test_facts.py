"""What follows from an answer: a table, and what no answer can change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.clock import SKEW
from cookie_sessions.revocation.facts import (
    NOTHING,
    Answer,
    Question,
    Standing,
    judge,
    refused_at,
)

NOW = 1_750_000_000.5
SINCE = 1_750_000_000_000
ASKED = Question((b"8 octets",), b"sixteen octets: ", SINCE, (b"kid1", b"kid0"))
KID = frozenset({b"kid0"})

MOMENTS = st.none() | st.floats(0, 2 * NOW)
ANSWERS = st.builds(
    Answer, MOMENTS, MOMENTS, st.integers(0, 2 * SINCE), st.sampled_from([frozenset(), KID])
)


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        (NOTHING, Standing.LIVES),
        # A mark reaches those that began at it.
        (Answer(mark=SINCE - 1), Standing.LIVES),
        (Answer(mark=SINCE), Standing.REVOKED),
        (Answer(mark=SINCE + 1), Standing.REVOKED),
        # What was ended is refused, whatever the clock of who did it says.
        (Answer(ended=0.0), Standing.REVOKED),
        (Answer(ended=NOW), Standing.REVOKED),
        (Answer(ended=NOW + 240), Standing.REVOKED),
        # What fades is refused from its moment on.
        (Answer(fades=NOW - 1), Standing.REVOKED),
        (Answer(fades=NOW), Standing.REVOKED),
        (Answer(fades=NOW + 0.001), Standing.FADES),
        # The harder answer counts.
        (Answer(fades=NOW + 5, ended=NOW + 5), Standing.REVOKED),
        (Answer(fades=NOW + 5, mark=SINCE), Standing.REVOKED),
        (Answer(kids=KID), Standing.KEY_REVOKED),
        (Answer(kids=KID, fades=NOW + 5), Standing.KEY_REVOKED),
        (Answer(kids=KID, ended=0.0, mark=SINCE), Standing.KEY_REVOKED),
    ],
)
def test_an_answer_decides(answer: Answer, standing: Standing) -> None:
    assert judge(ASKED, answer, now=NOW) is standing


@given(ANSWERS, st.floats(0, 2 * NOW))
def test_no_list_that_knows_more_revives_a_session(answer: Answer, now: float) -> None:
    order = (Standing.LIVES, Standing.FADES, Standing.REVOKED, Standing.KEY_REVOKED)
    standing = order.index(judge(ASKED, answer, now=now))
    for more in (
        answer._replace(ended=now),
        answer._replace(ended=0.0),
        answer._replace(mark=answer.mark + 1),
        answer._replace(kids=KID),
    ):
        assert order.index(judge(ASKED, more, now=now)) >= standing


@given(ANSWERS, st.floats(0, 2 * NOW), st.floats(0, NOW))
def test_no_session_comes_back_as_time_passes(answer: Answer, now: float, later: float) -> None:
    order = (Standing.LIVES, Standing.FADES, Standing.REVOKED, Standing.KEY_REVOKED)
    first = judge(ASKED, answer, now=now)
    assert order.index(judge(ASKED, answer, now=now + later)) >= order.index(first)


@pytest.mark.parametrize(
    ("answer", "moment"),
    [
        (Answer(ended=NOW), NOW),
        (Answer(fades=NOW), NOW),
        (Answer(mark=SINCE), SINCE / 1000 - SKEW),
        (Answer(mark=SINCE - 1), 0.0),
        (Answer(ended=NOW - 50, fades=NOW), NOW),
        (Answer(ended=NOW - 2 * SKEW, mark=SINCE), SINCE / 1000 - SKEW),
        (NOTHING, 0.0),
    ],
)
def test_the_latest_of_what_refuses_a_session_says_since_when(
    answer: Answer, moment: float
) -> None:
    assert refused_at(ASKED, answer) == moment


def test_no_text_shows_what_was_asked_or_a_key() -> None:
    assert repr(ASKED) == "<Question>"
    assert f"{ASKED}{ASKED!s}" == "<Question><Question>"
    assert "kid0" not in repr(Answer(kids=KID))
