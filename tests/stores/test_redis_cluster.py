"""Entries in a Redis Cluster: the whole contract, against three real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.redis import RedisStore

from .calls import an_hour, assert_works_again
from .contract import OutageContract, ScanContract, SharedContract, StoreContract, patient
from .contract_time import TIME_OUT, TimeOutContract, assert_unavailable_in_time
from .moving_clock import sleep_until
from .redis_server import IN_CLUSTER, RedisCluster, RedisServer, until

pytestmark = pytest.mark.once


class Cluster:
    """A cluster without replicas."""

    def __init__(self, folder: Path) -> None:
        self.cluster = RedisCluster(folder)
        self.cluster.make()
        self.start = self.cluster.start
        self.stop = self.cluster.stop
        self.pause = self.cluster.pause
        self.resume = self.cluster.resume

    def open(self, *, timeout: float | None = None) -> RedisStore:
        url = f"redis+cluster://{self.cluster.hosts}?prefix=tests:"
        return RedisStore(url, timeout=timeout)

    def wait_until(self, moment: float) -> None:
        sleep_until(moment)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.stop()


@patient
class TestRedisCluster(StoreContract):
    pass


@patient
class TestRedisClusterScans(ScanContract):
    pass


@patient
class TestRedisClusterIsShared(SharedContract):
    pass


class TestRedisClusterOutage(OutageContract):
    pass


class TestRedisClusterInTime(TimeOutContract):
    pass


def test_a_slot_that_moves_is_followed(backend: Cluster) -> None:
    store = backend.open()
    names = [f"moving{number}" for number in range(300)]
    store.put_many(dict.fromkeys(names, b"one"), ends=an_hour())
    source, target = backend.cluster.servers[:2]
    slot = source.tell("CLUSTER KEYSLOT", "tests:" + _one_on(backend, 0, names))
    assert isinstance(slot, int)
    ids = [_id(server) for server in (source, target)]
    target.tell("CLUSTER SETSLOT", slot, "IMPORTING", ids[0])
    source.tell("CLUSTER SETSLOT", slot, "MIGRATING", ids[1])
    keys = source.tell("CLUSTER GETKEYSINSLOT", slot, 100)
    assert isinstance(keys, list)
    for number, key in enumerate(keys):
        source.tell("MIGRATE", "127.0.0.1", target.port, key, 0, 5000)
        if number == 0:
            # Half way: the server sends those that ask for what has gone on to the other one.
            assert store.get_many(names) == dict.fromkeys(names, b"one")
            assert store.extend(names, ends=an_hour() + 9) == set(names)
    for server in (target, source, backend.cluster.servers[2]):
        server.tell("CLUSTER SETSLOT", slot, "NODE", ids[1])
    assert store.get_many(names) == dict.fromkeys(names, b"one")
    moved = str(keys[0]).removeprefix("tests:")
    assert store.replace(moved, b"two", expected=b"one", ends=an_hour())
    assert not store.add(moved, b"three", ends=an_hour())
    store.delete(names)
    assert store.get_many(names) == {}
    store.close()


def test_one_server_that_hangs_takes_only_its_own_keys_with_it(backend: Cluster) -> None:
    store = backend.open()
    names = [f"one{number}" for number in range(30)]
    store.put_many(dict.fromkeys(names, b"one"), ends=an_hour())
    lost, kept = _one_on(backend, 1, names), _one_on(backend, 2, names)
    backend.cluster.servers[1].pause()
    try:
        with pytest.raises(Unavailable, match="in time"):
            store.get(lost)
        assert store.get(kept) == b"one"
    finally:
        backend.cluster.resume()
    assert_works_again(store, lost)
    store.close()


@pytest.mark.usefixtures("long_defaults")
@pytest.mark.parametrize("hung", [0, 1, 2])
def test_a_store_that_begins_while_one_server_hangs_reaches_the_others_in_time(
    backend: Cluster, hung: int
) -> None:
    store = backend.open()
    names = [f"begin{number}" for number in range(30)]
    store.put_many(dict.fromkeys(names, b"one"), ends=an_hour())
    lost, kept = _one_on(backend, hung, names), _one_on(backend, (hung + 1) % 3, names)
    fresh = backend.open(timeout=TIME_OUT)
    backend.cluster.servers[hung].pause()
    try:
        assert _finds(fresh, kept) or _finds(fresh, kept)
        assert_unavailable_in_time(fresh, lambda: fresh.get(lost))
        assert _finds(fresh, kept) or _finds(fresh, kept)
    finally:
        backend.cluster.resume()
    for one in (store, fresh):
        one.close()


def test_a_replica_that_takes_over_is_found(backend: Cluster, tmp_path: Path) -> None:
    """The last test: the cluster is another one afterwards."""
    store = backend.open()
    names = [f"taken{number}" for number in range(30)]
    store.put_many(dict.fromkeys(names, b"one"), ends=an_hour())
    lost = _one_on(backend, 1, names)
    primary = backend.cluster.servers[1]
    replica = RedisServer(tmp_path, *IN_CLUSTER)
    replica.start()
    try:
        replica.tell("CLUSTER MEET", "127.0.0.1", primary.port)
        until(lambda: all(_id(server) in _known_to(replica) for server in backend.cluster.servers))
        replica.tell("CLUSTER REPLICATE", _id(primary))
        until(lambda: replica.client().info("replication")["master_link_status"] == "up")
        until(lambda: all(_id(replica) in _known_to(server) for server in backend.cluster.servers))
        primary.stop()
        replica.tell("CLUSTER FAILOVER", "TAKEOVER")
        until(lambda: _finds(store, lost))
        assert store.get_many(names) == dict.fromkeys(names, b"one")
        assert store.replace(lost, b"two", expected=b"one", ends=an_hour())
    finally:
        store.close()
        replica.stop()


def _finds(store: RedisStore, name: str) -> bool:
    try:
        return store.get(name) == b"one"
    except Unavailable:
        return False


def _known_to(server: RedisServer) -> str:
    return str(server.tell("CLUSTER NODES"))


def _id(server: RedisServer) -> str:
    told = server.tell("CLUSTER MYID")
    return told.decode() if isinstance(told, bytes) else str(told)


def _one_on(backend: Cluster, number: int, names: list[str]) -> str:
    """A name whose slot a server has."""
    bounds = (0, 5461, 10_922, 16_384)
    server = backend.cluster.servers[number]
    for name in names:
        slot = server.tell("CLUSTER KEYSLOT", f"tests:{name}")
        assert isinstance(slot, int)
        if bounds[number] <= slot < bounds[number + 1]:
            return name
    raise LookupError
