"""Entries on real Memcached servers: the contract, and what is Memcached's own."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.entry import MAX_END, MAX_NAME_OCTETS, MAX_PREFIX_OCTETS
from cookie_sessions.stores.idleness import IDLE_SECONDS
from cookie_sessions.stores.memcached import MAX_OCTETS, MemcachedStore
from cookie_sessions.stores.memcached_item import time_to_live
from tests.together import run_together

from .contract import NoScanContract, OutageContract, SharedContract, StoreContract, patient
from .contract_sweep import ServerSweepContract
from .contract_time import TimeOutContract
from .memcached_backend import Memcached
from .moving_clock import MovingClock, moving_clock

pytestmark = pytest.mark.once

HOUR = 3600
DAY = 24 * HOUR
DAYS_30 = 30 * DAY
PATIENCE = 60


@pytest.fixture(scope="module")
def standing() -> Iterator[MovingClock]:
    with moving_clock() as standing:
        yield standing


@pytest.fixture(scope="module")
def backend(standing: MovingClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memcached]:
    with Memcached(tmp_path_factory.mktemp("memcached"), standing).running() as server:
        yield server


@pytest.fixture
def store(backend: Memcached) -> Iterator[MemcachedStore]:
    with closing(backend.open()) as store:
        yield store


@patient
class TestMemcached(StoreContract):
    pass


class TestMemcachedDoesNotScan(NoScanContract):
    pass


@patient
class TestMemcachedShared(SharedContract):
    pass


class TestMemcachedOutage(OutageContract):
    pass


class TestMemcachedInTime(TimeOutContract):
    pass


class TestMemcachedSweepsByItself(ServerSweepContract):
    pass


def an_hour() -> float:
    return clock.now() + HOUR


def raw(backend: Memcached, *lines: bytes) -> bytes:
    """What the server answers to commands of its own text protocol."""
    with socket.create_connection(("127.0.0.1", backend.port), PATIENCE) as connection:
        connection.sendall(b"\r\n".join([*lines, b"quit", b""]))
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_evicted_entries_are_absent_without_an_error(tmp_path: Path, standing: MovingClock) -> None:
    with (
        Memcached(tmp_path, standing, "-m", "4").running() as server,
        closing(server.open()) as store,
    ):
        values = {f"n{number}": secrets.token_bytes(10_000) for number in range(1000)}
        for name, value in values.items():
            store.put(name, value, ends=an_hour())
        found = store.get_many(values)
        assert 0 < len(found) < 900
        assert found == {name: values[name] for name in found}
        assert store.get("n999") == values["n999"]
        assert store.get("n0") is None
        assert store.extend(["n0", "n999"], ends=an_hour() + 1) == {"n999"}
        assert not store.replace("n0", b"", expected=values["n0"], ends=an_hour())
        assert store.add("n0", b"again", ends=an_hour())


def test_a_restart_loses_entries_without_an_error(
    backend: Memcached, store: MemcachedStore
) -> None:
    def use(number: int) -> None:
        store.put(f"restart{number}", b"one", ends=an_hour())

    assert run_together(use, range(8)) == []
    backend.stop()
    backend.start()
    assert store.get("restart0") is None
    assert store.get_many(f"restart{number}" for number in range(8)) == {}

    def add(number: int) -> None:
        assert store.add(f"restart{number}", b"two", ends=an_hour())

    assert run_together(add, range(8)) == []


def test_a_server_without_room_that_evicts_nothing_is_unavailable(
    tmp_path: Path, standing: MovingClock
) -> None:
    with (
        Memcached(tmp_path, standing, "-M", "-m", "4").running() as server,
        closing(server.open()) as store,
    ):
        values = {f"n{number}": bytes(10_000) for number in range(1000)}
        with pytest.raises(Unavailable, match=r"is full .*-m"):
            store.put_many(values, ends=an_hour())
        assert store.get("n0") == bytes(10_000)
        store.delete(values)
        store.put("n0", bytes(10_000), ends=an_hour())


def test_a_server_of_small_items_is_unavailable_for_a_large_one(
    tmp_path: Path, standing: MovingClock
) -> None:
    with (
        Memcached(tmp_path, standing, "-I", "512k").running() as server,
        closing(server.open()) as store,
    ):
        store.put("small", bytes(500_000), ends=an_hour())
        with pytest.raises(Unavailable, match="-I 1m"):
            store.put("large", bytes(600_000), ends=an_hour())


def test_a_server_that_wants_a_password_is_unavailable(
    tmp_path: Path, standing: MovingClock
) -> None:
    (tmp_path / "users").write_text("someone:pass\n", encoding="ascii")
    with (
        Memcached(tmp_path, standing, "-Y", str(tmp_path / "users")).running() as server,
        closing(server.open()) as store,
        pytest.raises(Unavailable, match="Passwords are not supported"),
    ):
        store.get("a")


def test_the_longest_name_and_value_fit_an_item(backend: Memcached) -> None:
    prefix = "p" * MAX_PREFIX_OCTETS
    with closing(MemcachedStore(f"memcached://{backend.address}?prefix={prefix}")) as store:
        name = "n" * MAX_NAME_OCTETS
        store.put(name, bytes(MAX_OCTETS), ends=MAX_END)
        assert store.get(name) == bytes(MAX_OCTETS)


def test_stores_of_different_prefixes_share_a_server(
    backend: Memcached, store: MemcachedStore
) -> None:
    with closing(MemcachedStore(f"memcached://{backend.address}?prefix=other:")) as other:
        store.put("shared", b"one", ends=an_hour())
        assert other.get("shared") is None
        other.put("shared", b"two", ends=an_hour())
        assert store.get("shared") == b"one"
    assert b"VALUE cookie_sessions:shared " in raw(backend, b"get cookie_sessions:shared")


@pytest.mark.parametrize("ahead", [5, HOUR, DAYS_30 - 3, DAYS_30 + 3, 400 * DAY])
def test_ends_on_either_side_of_thirty_days_are_kept(
    backend: Memcached, store: MemcachedStore, ahead: float
) -> None:
    store.put("ahead", b"one", ends=clock.now() + ahead)
    assert store.get("ahead") == b"one"
    assert store.extend(["ahead"], ends=clock.now() + ahead + 5) == {"ahead"}
    assert store.get("ahead") == b"one"


def test_up_to_thirty_days_the_server_counts_and_above_it_compares(standing: MovingClock) -> None:
    now = clock.now()
    assert time_to_live(int(now) + 10) in (12, 13)
    assert time_to_live(int(now) + DAYS_30 - 10) <= DAYS_30
    above = int(now) + DAYS_30 + 10
    assert time_to_live(above) == above + clock.SKEW
    assert time_to_live(2**31) == 0
    assert time_to_live(int(now)) == -1


def test_the_server_frees_what_has_ended(backend: Memcached, store: MemcachedStore) -> None:
    with pytest.MonkeyPatch.context() as real:
        real.setattr(clock, "now", time.time)
        store.put("freed", b"one", ends=time.time() + 1)
        last = time.monotonic() + PATIENCE
        while b"VALUE" in raw(backend, b"get cookie_sessions:freed"):
            assert time.monotonic() < last
            time.sleep(0.1)


@pytest.mark.parametrize("item", [b"", b"\1\0\0", b"\2" + bytes(20), b"some other's text"])
def test_an_item_that_others_wrote_is_unavailable(
    backend: Memcached, store: MemcachedStore, item: bytes
) -> None:
    raw(backend, b"set cookie_sessions:others 0 0 %d" % len(item), item)
    for call in (
        lambda: store.get("others"),
        lambda: store.get_many(["others"]),
        lambda: store.add("others", b"", ends=an_hour()),
        lambda: store.replace("others", b"", expected=item, ends=an_hour()),
        lambda: store.extend(["others"], ends=an_hour()),
    ):
        with pytest.raises(Unavailable, match="prefix of its own") as told:
            call()
        assert "text" not in str(told.value)
    store.put("others", b"ours", ends=an_hour())
    assert store.get("others") == b"ours"


def test_extending_and_shortening_lose_no_write_of_others(
    backend: Memcached, store: MemcachedStore
) -> None:
    store.put("moved", b"0", ends=an_hour())
    done = threading.Event()

    def work(number: int) -> None:
        if number == 0:
            for turn in range(100):
                assert store.replace(
                    "moved", b"%d" % (turn + 1), expected=b"%d" % turn, ends=an_hour()
                )
            done.set()
        turn = 0
        while not done.is_set():
            turn += 1
            if number == 1:
                assert store.extend(["moved"], ends=an_hour() + turn) == {"moved"}
            else:
                store.shorten(["moved"], ends=an_hour() - turn % 1000)

    assert run_together(work, range(3)) == []
    assert store.get("moved") == b"100"


def test_a_name_with_several_addresses_is_tried_at_each(backend: Memcached) -> None:
    with closing(MemcachedStore(f"memcached://localhost:{backend.port}")) as store:
        store.put("localhost", b"one", ends=an_hour())
        assert store.get("localhost") == b"one"


def test_a_connection_that_was_idle_for_long_is_not_trusted(
    store: MemcachedStore, standing: MovingClock
) -> None:
    store.put("idle", b"one", ends=clock.now() + DAY)
    (server,) = store._servers
    ((before, _),) = server._idle
    store.get("idle")
    assert server._idle[0][0] is before
    standing.wait_until(clock.now() + IDLE_SECONDS)
    assert store.get("idle") == b"one"
    assert server._idle[0][0] is not before
    assert before.sock is None
