"""An outage costs one time-out, and then nobody waits for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.events import Event, EventName, Events
from cookie_sessions.revocation.breaker import REST_SECONDS, Breaker
from tests.plain import START
from tests.together import run_together

DOWN, BACK = EventName.REVOCATIONS_DOWN, EventName.REVOCATIONS_BACK
PATIENCE = 60
THREADS = 20


class Asked:
    """Something that is asked, and a breaker before it.

    Attributes:
        now: what the clock shows.
        times: when it was asked.
        down: whether it fails.
        takes: seconds that it takes to fail.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = START
        self.times: list[float] = []
        self.down = False
        self.takes = 0.25
        self.happened: list[Event] = []
        events = Events()
        events.subscribe(self.happened.append)
        self.breaker = Breaker("The list of the test", events)
        patch.setattr(clock, "now", lambda: self.now)

    def answer(self) -> str:
        self.times.append(self.now)
        if self.down:
            self.now += self.takes
            raise Unavailable("no answer came")
        return "answer"

    def call(self, ask: Callable[[], str] | None = None) -> str:
        """The answer, or how it was refused: "asked", or "told at once"."""
        before = len(self.times)
        told = ""
        try:
            return self.breaker.call(ask or self.answer)
        except Unavailable as error:
            told = str(error)
        asked = len(self.times) > before
        assert asked == ("did not answer a moment ago" not in told)
        return "asked" if asked else "told at once"

    def call_quietly(self) -> None:
        try:
            self.breaker.call(self.answer)
        except Unavailable:
            return

    @property
    def names(self) -> list[EventName]:
        return [event.name for event in self.happened]

    def fail(self) -> None:
        self.down = True
        assert self.call() == "asked"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def test_what_answers_is_asked_each_time(asked: Asked) -> None:
    assert [asked.call() for _ in range(5)] == ["answer"] * 5
    assert asked.names == []


def test_after_one_failure_the_rest_is_told_at_once(asked: Asked) -> None:
    asked.fail()
    assert [asked.call() for _ in range(50)] == ["told at once"] * 50
    assert len(asked.times) == 1
    assert asked.names == [DOWN]


def test_the_failure_itself_is_what_the_first_caller_gets(asked: Asked) -> None:
    asked.down = True
    with pytest.raises(Unavailable, match="no answer came"):
        asked.breaker.call(asked.answer)
    with pytest.raises(Unavailable, match="The list of the test did not answer"):
        asked.breaker.call(asked.answer)


def rests(asked: Asked, count: int) -> list[float]:
    """How long nobody is asked after each failure, found by asking every 10 milliseconds."""
    found: list[float] = []
    for _ in range(count):
        failed = asked.now
        before = len(asked.times)
        while len(asked.times) == before:
            asked.now += 0.01
            asked.call()
        found.append(round(asked.times[-1] - failed, 1))
    return found


@pytest.mark.parametrize("takes", [0.0, 0.25, 2.0, 10.0])
def test_the_rests_are_longer_from_failure_to_failure(asked: Asked, takes: float) -> None:
    asked.takes = takes
    asked.fail()
    assert rests(asked, 5) == [*REST_SECONDS, REST_SECONDS[-1], REST_SECONDS[-1]]


def test_while_one_asks_again_the_others_do_not_wait(asked: Asked) -> None:
    asked.fail()
    asked.now += REST_SECONDS[0]
    meanwhile: list[str] = []

    def slow() -> str:
        meanwhile.extend(asked.call() for _ in range(3))
        return asked.answer()

    asked.down = False
    assert asked.call(slow) == "answer"
    assert meanwhile == ["told at once"] * 3


def test_in_each_rest_one_caller_of_many_asks(asked: Asked) -> None:
    asked.takes = 0.0
    asked.fail()
    for _ in range(4):
        asked.now += REST_SECONDS[-1]
        answers = [asked.call() for _ in range(30)]
        assert answers == ["asked"] + ["told at once"] * 29


def test_it_is_asked_each_time_again_once_it_answers_and_that_is_told_once(asked: Asked) -> None:
    asked.fail()
    asked.now += REST_SECONDS[0]
    asked.down = False
    assert [asked.call() for _ in range(5)] == ["answer"] * 5
    assert asked.names == [DOWN, BACK]


def test_after_a_recovery_the_rests_begin_anew(asked: Asked) -> None:
    asked.fail()
    rests(asked, 4)
    asked.down = False
    asked.now += REST_SECONDS[-1]
    assert asked.call() == "answer"
    asked.fail()
    assert rests(asked, 2) == [*REST_SECONDS[:2]]


@pytest.mark.parametrize("back", [REST_SECONDS[-1] + 1, 3600, START])
def test_a_clock_that_is_set_back_does_not_keep_it_resting(asked: Asked, back: float) -> None:
    asked.fail()
    asked.now -= back
    asked.down = False
    assert asked.call() == "answer"


def test_a_clock_that_is_set_back_a_little_lets_it_rest_no_longer_than_ever(asked: Asked) -> None:
    asked.fail()
    asked.now -= 2
    asked.down = False
    began = asked.now
    while asked.call() == "told at once":
        asked.now += 0.1
    assert asked.now - began <= REST_SECONDS[-1]


def test_a_clock_that_is_set_forward_ends_the_rest(asked: Asked) -> None:
    asked.fail()
    asked.now += 3600
    asked.down = False
    assert asked.call() == "answer"


def test_other_errors_are_no_outage(asked: Asked) -> None:
    def wrong() -> str:
        raise ConfigurationError("the file is another program's")

    for _ in range(2):
        with pytest.raises(ConfigurationError):
            asked.breaker.call(wrong)
    assert asked.call() == "answer"
    assert asked.names == []


def test_twenty_threads_that_fail_together_count_as_one_failure(asked: Asked) -> None:
    together = threading.Barrier(THREADS)

    def hangs() -> str:
        together.wait(PATIENCE)
        raise Unavailable("no answer came")

    def call(_: int) -> None:
        with pytest.raises(Unavailable, match="no answer came"):
            asked.breaker.call(hangs)

    assert run_together(call, range(THREADS)) == []
    asked.down = True
    assert rests(asked, 2) == [*REST_SECONDS[:2]]


def test_threads_that_failed_before_and_return_late_count_as_one_failure(asked: Asked) -> None:
    """Each is under way when the outage begins, and told of it a while after the others."""
    inner: list[str] = []

    def fails(depth: int) -> str:
        if depth:
            with pytest.raises(Unavailable, match="no answer came"):
                asked.breaker.call(lambda: fails(depth - 1))
        else:
            inner.append("asked")
        raise Unavailable("no answer came")

    # All calls have begun before the innermost fails, so none is refused.
    with pytest.raises(Unavailable, match="no answer came"):
        asked.breaker.call(lambda: fails(THREADS))
    assert inner == ["asked"]
    asked.down = True
    assert rests(asked, 2) == [*REST_SECONDS[:2]]


def test_of_twenty_threads_that_come_after_a_rest_few_ask(asked: Asked) -> None:
    """Without a lock two may: those that look at the same moment."""
    asked.takes = 0.0
    asked.fail()
    asked.now += REST_SECONDS[0]
    before = len(asked.times)
    assert run_together(lambda _: asked.call_quietly(), range(THREADS)) == []
    assert 1 <= len(asked.times) - before <= 4


def test_who_fails_after_it_has_answered_somebody_else_tells_of_no_outage(asked: Asked) -> None:
    asked.fail()
    asked.now += REST_SECONDS[0]

    def late() -> str:
        # The rest of this one is over, too, by when another one asks.
        asked.now += REST_SECONDS[1]
        asked.down = False
        assert asked.breaker.call(asked.answer) == "answer"
        raise Unavailable("no answer came")

    with pytest.raises(Unavailable):
        asked.breaker.call(late)
    assert asked.names == [DOWN, BACK]
    assert not asked.breaker.rests
    assert asked.call() == "answer"
