"""A process that slept: connections whose other end has gone meanwhile are not used again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from cookie_sessions.stores import ExpiringStore, store_from_url
from cookie_sessions.stores.idleness import IDLE_SECONDS, Idleness

from .dynamodb_backend import Dynalite, nobodys_credentials
from .forgetful_relay import ForgetfulRelay, forgetful_relay
from .memcached_backend import Memcached
from .moving_clock import MovingClock, moving_clock
from .redis_server import RedisServer, until

TIME_OUT = 15.0
"""What a call on a dead connection would wait in vain, and one on a new one never takes."""

HOURS = 3 * 3600

Server = Callable[[Path, MovingClock], AbstractContextManager[tuple[int, str]]]


@contextmanager
def redis(folder: Path, standing: MovingClock) -> Iterator[tuple[int, str]]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server.port, "redis://127.0.0.1:{}"
    finally:
        server.stop()


@contextmanager
def memcached(folder: Path, standing: MovingClock) -> Iterator[tuple[int, str]]:
    with Memcached(folder, standing).running() as server:
        yield server.port, "memcached://127.0.0.1:{}"


@contextmanager
def dynamodb(folder: Path, standing: MovingClock) -> Iterator[tuple[int, str]]:
    server = Dynalite(folder, standing)
    with nobodys_credentials(folder):
        server.start()
        try:
            yield server.port, "dynamodb:sessions?region=eu-west-1&endpoint=http://127.0.0.1:{}"
        finally:
            server.stop()


class Slept:
    """A store behind a way that forgets, in use, and a clock."""

    def __init__(self, store: ExpiringStore, relay: ForgetfulRelay, clock: MovingClock) -> None:
        self.store = store
        self.relay = relay
        self.clock = clock
        self.ends = clock.now() + 10 * HOURS
        store.put("name", b"before", ends=self.ends)
        assert store.get("name") == b"before"


@pytest.fixture(params=[redis, memcached, dynamodb])
def slept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Slept]:
    server: Server = request.param
    with (
        moving_clock() as clock,
        server(tmp_path, clock) as (port, url),
        forgetful_relay(port) as relay,
        closing(store_from_url(url.format(relay.port), timeout=TIME_OUT)) as store,
    ):
        yield Slept(store, relay, clock)


def test_the_first_read_after_hours_of_sleep_does_not_wait_for_a_dead_connection(
    slept: Slept,
) -> None:
    slept.relay.forget()
    slept.clock.wait_until(slept.clock.now() + HOURS)
    assert slept.store.get("name") == b"before"


def test_the_first_write_after_hours_of_sleep_is_not_lost_in_a_dead_connection(
    slept: Slept,
) -> None:
    slept.relay.forget()
    slept.clock.wait_until(slept.clock.now() + HOURS)
    slept.store.put("name", b"after", ends=slept.ends)
    assert slept.store.get("name") == b"after"


def test_a_connection_in_steady_use_is_kept(slept: Slept) -> None:
    made = slept.relay.made
    for _ in range(5):
        slept.clock.wait_until(slept.clock.now() + IDLE_SECONDS / 2)
        assert slept.store.get("name") == b"before"
    assert slept.relay.made == made


def connections(server: RedisServer) -> int:
    found = server.tell("CLIENT LIST")
    assert isinstance(found, list)
    return len(found)


def test_a_redis_that_closes_idle_connections_is_written_to_on_a_new_one(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, "timeout 1")
    server.start()
    try:
        with closing(store_from_url(f"redis://127.0.0.1:{server.port}", timeout=TIME_OUT)) as store:
            ends = time.time() + HOURS
            store.put("name", b"before", ends=ends)
            # Only the tests' own client, which asks, is left.
            until(lambda: connections(server) == 1)
            store.put("name", b"after", ends=ends)
            until(lambda: connections(server) == 1)
            assert store.get("name") == b"after"
    finally:
        server.stop()


def test_a_clock_that_is_set_back_counts_as_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_900_000_000.0]
    monkeypatch.setattr("cookie_sessions.clock.now", lambda: now[0])
    idleness = Idleness()
    found = []
    for seconds in (0.0, 1.0, IDLE_SECONDS - 1, IDLE_SECONDS, 1.0, -1.0, 0.0):
        now[0] += seconds
        found.append(idleness.ends())
    assert found == [False, False, False, True, False, True, False]
