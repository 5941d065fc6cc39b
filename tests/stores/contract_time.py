"""The part of the contract that is about time-outs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import pytest

from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.store import ExpiringStore
from tests.together import run_together

from .backend import Parts, Server
from .calls import SECRET, an_hour, assert_works_again, every_call, met

TIME_OUT = 2.0
"""Long enough for whoever answers, on a machine that has other things to do."""

AT_MOST = 20.0
"""What a call may take on such a machine; one of the ``long_defaults`` takes longer."""


def assert_unavailable_in_time(
    store: ExpiringStore, *calls: Callable[[], object], at_most: float = AT_MOST
) -> None:
    """Each call raises, all of them at the same time, and none of them later than it may."""

    def raises_in_time(call: Callable[[], object]) -> None:
        began = time.monotonic()
        with pytest.raises(Unavailable) as error:
            call()
        assert time.monotonic() - began < at_most
        assert store.name in str(error.value)

    assert run_together(raises_in_time, calls) == []


def each_method(store: ExpiringStore, own: str) -> list[Callable[[], object]]:
    calls = every_call(store, own, own + "b", value=SECRET)
    return [*calls, lambda: met(store, own)] if store.scans else calls


@pytest.mark.usefixtures("long_defaults")
class TimeOutContract(Parts):
    """What a store does that was told how long it may wait."""

    def test_every_method_gives_a_server_that_hangs_up_in_time(
        self, backend: Server, own: str
    ) -> None:
        with (
            closing(backend.open(timeout=TIME_OUT)) as store,
            closing(backend.open(timeout=TIME_OUT)) as fresh,
        ):
            store.put(own, b"before", ends=an_hour())
            backend.pause()
            try:
                assert_unavailable_in_time(store, *each_method(store, own))
                assert_unavailable_in_time(fresh, *each_method(fresh, own))
            finally:
                backend.resume()
            assert_works_again(store, own)
            assert_works_again(fresh, own + "fresh")

    def test_every_method_gives_a_server_that_has_stopped_up_in_time(
        self, backend: Server, own: str
    ) -> None:
        with closing(backend.open(timeout=TIME_OUT)) as store:
            store.put(own, b"before", ends=an_hour())
            backend.stop()
            try:
                assert_unavailable_in_time(store, *each_method(store, own))
            finally:
                backend.start()
            assert_works_again(store, own)

    def test_a_server_that_restarted_unseen_is_used_again_in_time(
        self, backend: Server, own: str
    ) -> None:
        with closing(backend.open(timeout=TIME_OUT)) as store:
            store.put(own, b"before", ends=an_hour())
            backend.stop()
            backend.start()
            assert_works_again(store, own)

    def test_a_time_out_that_is_not_over_changes_nothing(self, backend: Server, own: str) -> None:
        with closing(backend.open(timeout=TIME_OUT)) as store:
            values = {f"{own}{number}": b"%d" % number for number in range(300)}
            store.put_many(values, ends=an_hour())
            time.sleep(1.2 * TIME_OUT)
            assert store.get_many(values) == values
            store.delete(values)
            assert store.get_many(values) == {}
