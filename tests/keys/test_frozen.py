"""A provider in a process that sleeps, or whose clock is set: what is fresh is judged at use."""

from __future__ import annotations

import threading

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import FunctionSource, KeyProvider, KeySource, change, new_jwk_set
from cookie_sessions.keys.provider import (
    FIRST_REST_SECONDS,
    FROZEN_SECONDS,
    RETRY_SECONDS,
)
from cookie_sessions.keys.sources.deadline import Deadline
from tests.keys.held import HeldSource, Watch

HOURS = 6 * 3600
MAX_AGE = 600


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def refused(provider: KeyProvider) -> bool:
    try:
        provider.ring()
    except Unavailable:
        return True
    return False


def test_a_key_that_was_revoked_in_a_sleep_of_hours_never_seals_after_it(watch: Watch) -> None:
    first = watch.provider.ring().primary
    assert first is not None
    keys = change.add(watch.keys, now=int(watch.now), seals_from=int(watch.now))
    watch.source.hold(change.revoke(keys, first.kid))
    watch.forward(HOURS)
    ring = watch.provider.ring()
    assert ring.primary is not None
    assert ring.primary.kid != first.kid


@pytest.mark.parametrize("seconds", [FROZEN_SECONDS, HOURS, -1])
def test_what_was_read_before_a_freeze_in_the_middle_of_reading_counts_for_one_use(
    watch: Watch, seconds: float
) -> None:
    reading = type(watch.source).read

    def frozen_after_reading(source: HeldSource) -> bytes:
        octets = reading(source)
        if source.reads in (1, 3):
            watch.forward(seconds)
        return octets

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HeldSource, "read", frozen_after_reading)
        watch.provider.ring()
        watch.source.hold(change.add(watch.keys, now=int(watch.now)))
        assert len(watch.provider.ring()) == 2
        assert watch.source.reads == 2
        # The same where it is not the first reading.
        watch.provider.reload()
        watch.provider.ring()
        watch.provider.ring()
        watch.provider.ring()
        assert watch.source.reads == 4


def test_a_clock_that_is_set_back_makes_no_ring_count_for_longer_than_its_greatest_age(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = Watch(monkeypatch, max_age=MAX_AGE)
    watch.provider.ring()
    watch.source.fault = Unavailable("out for lunch")
    watch.forward(-HOURS)
    assert not refused(watch.provider)
    used = 0
    while not refused(watch.provider):
        watch.forward(RETRY_SECONDS)
        used += RETRY_SECONDS
    assert used <= MAX_AGE


def test_a_first_failure_is_followed_by_rests_that_grow_to_a_few_seconds(watch: Watch) -> None:
    watch.source.fault = Unavailable("throttled")
    for number in range(6):
        assert refused(watch.provider)
        assert watch.source.reads == number + 1
        rest = FIRST_REST_SECONDS[min(number, len(FIRST_REST_SECONDS) - 1)]
        watch.forward(rest - 0.1)
        assert refused(watch.provider)
        assert watch.source.reads == number + 1
        watch.forward(0.2)
    watch.source.fault = None
    assert watch.provider.ring().primary == watch.keys.entries[0].key


@pytest.mark.parametrize("seconds", [-HOURS, HOURS])
def test_a_clock_that_is_set_ends_such_a_rest(watch: Watch, seconds: float) -> None:
    watch.source.fault = Unavailable("throttled")
    assert refused(watch.provider)
    watch.source.fault = None
    watch.forward(seconds)
    assert not refused(watch.provider)


def test_an_operator_who_asks_for_a_reading_ends_such_a_rest(watch: Watch) -> None:
    watch.source.fault = Unavailable("throttled")
    assert refused(watch.provider)
    watch.source.fault = None
    watch.provider.reload()
    assert not refused(watch.provider)


def test_a_wrong_ring_is_no_outage_and_is_told_of_each_time(watch: Watch) -> None:
    watch.source.text = b"{}"
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            watch.provider.ring()
    assert watch.source.reads == 2


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


@pytest.mark.usefixtures("no_threads")
def test_where_no_thread_can_be_had_a_function_is_called_without() -> None:
    source: KeySource = FunctionSource(new_jwk_set)
    assert KeyProvider(source).ring().primary is not None


@pytest.mark.usefixtures("no_threads")
def test_where_no_thread_can_be_had_errors_are_those_that_a_thread_would_have_brought() -> None:
    def fail() -> bytes:
        raise ValueError("a text that could hold a key")

    with pytest.raises(ConfigurationError, match="failed with ValueError") as caught:
        Deadline("test:source").run(fail)
    assert "could hold" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
