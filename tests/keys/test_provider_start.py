"""The first reading of a ring: clocks a little apart, and a source that is slow to fail."""

from __future__ import annotations

import threading
import time

import pytest

from cookie_sessions import clock
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import FunctionSource, KeyProvider, new_jwk_set


def provider(*, ahead: float) -> KeyProvider:
    text = new_jwk_set(now=clock.now() + ahead)
    return KeyProvider(FunctionSource(lambda: text))


def test_a_first_key_made_by_a_clock_that_is_ahead_seals_within_the_allowance() -> None:
    ring = provider(ahead=SKEW - 60).ring()
    assert ring.get(ring.primary.kid) is ring.primary


def test_a_first_key_that_begins_later_than_that_is_an_error_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="not yet at its beginning"):
        provider(ahead=SKEW + 60).ring()


def test_threads_that_waited_for_a_reading_that_failed_do_not_wait_once_more_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The clock stands still, so that a thread that begins late finds no rest at its end.
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    readings: list[float] = []

    def read() -> str:
        readings.append(time.monotonic())
        time.sleep(0.3)
        raise TimeoutError

    slow = KeyProvider(FunctionSource(read))
    refused: list[Unavailable] = []

    def ask() -> None:
        try:
            slow.ring()
        except Unavailable as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 10
    assert len(readings) <= 2
    with pytest.raises(Unavailable):
        slow.ring()
    assert len(readings) <= 3


def test_a_clock_that_is_set_back_after_a_first_failure_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1_900_000_000.0]
    monkeypatch.setattr("cookie_sessions.clock.now", lambda: now[0])
    text = new_jwk_set()
    answers: list[str] = []

    def read() -> str:
        if not answers:
            raise TimeoutError
        return answers[0]

    late = KeyProvider(FunctionSource(read))
    with pytest.raises(Unavailable):
        late.ring()
    answers.append(text)
    now[0] -= 3600
    assert len(late.ring()) == 1
