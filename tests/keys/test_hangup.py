"""SIGHUP asks the source again, beside whatever it did before; and only where it can be had."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from cookie_sessions.keys import FunctionSource, KeyProvider, new_jwk_set

RING = new_jwk_set(now=1_000_000)

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="This system has no SIGHUP.")


@pytest.fixture
def before() -> Iterator[list[int]]:
    """The signals that the application's own handler has met."""
    met: list[int] = []
    former = signal.signal(signal.SIGHUP, lambda number, _frame: met.append(number))
    yield met
    signal.signal(signal.SIGHUP, former)


def test_the_source_is_asked_again_and_the_former_handler_too(before: list[int]) -> None:
    asked: list[int] = []

    def text() -> str:
        asked.append(1)
        return RING

    provider = KeyProvider(FunctionSource(text))
    provider.ring()
    assert provider.reload_on_hangup()
    signal.raise_signal(signal.SIGHUP)
    provider.ring()
    assert before == [signal.SIGHUP]
    assert len(asked) == 2


def test_in_another_thread_it_can_not_be_arranged(before: list[int]) -> None:
    provider = KeyProvider(FunctionSource(lambda: RING))
    told: list[bool] = []
    thread = threading.Thread(target=lambda: told.append(provider.reload_on_hangup()))
    thread.start()
    thread.join()
    signal.raise_signal(signal.SIGHUP)
    assert told == [False]
    assert before == [signal.SIGHUP]


def test_a_signal_that_was_ignored_before_asks_the_source_alone() -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        asked: list[int] = []

        def text() -> str:
            asked.append(1)
            return RING

        provider = KeyProvider(FunctionSource(text))
        provider.ring()
        assert provider.reload_on_hangup()
        signal.raise_signal(signal.SIGHUP)
        provider.ring()
        assert len(asked) == 2
    finally:
        signal.signal(signal.SIGHUP, former)
