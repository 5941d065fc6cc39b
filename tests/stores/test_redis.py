"""Entries in Redis: the whole contract, against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.redis import RedisStore
from cookie_sessions.stores.redis_persistence import Persistence
from cookie_sessions.stores.redis_servers import _batches
from cookie_sessions.stores.redis_topology import Command

from .breaking import Breaking
from .calls import an_hour, every_call, met
from .contract import (
    FullContract,
    OutageContract,
    ScanContract,
    SharedContract,
    StoreContract,
    patient,
)
from .contract_sweep import ServerSweepContract
from .contract_time import TimeOutContract
from .moving_clock import sleep_until
from .redis_server import HOST, RedisServer, until

pytestmark = pytest.mark.once

PASSWORD = "a-password-nobody-should-see"


class OneServer:
    """A server that wants a password, with room for little."""

    settings: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.server = RedisServer(folder, "appendonly yes", *self.settings, password=PASSWORD)
        self.server.start()

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@{HOST}:{self.server.port}/3?prefix=tests:"

    def open(self, *, timeout: float | None = None) -> RedisStore:
        return RedisStore(self.url, timeout=timeout)

    def wait_until(self, moment: float) -> None:
        sleep_until(moment)

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def pause(self) -> None:
        self.server.pause()

    def resume(self) -> None:
        self.server.resume()

    @contextmanager
    def full(self) -> Iterator[RedisStore]:
        store = self.open()
        with self.server.client() as client:
            used = client.info("memory")["used_memory"]
            client.config_set("maxmemory", used + 500_000)
            try:
                yield store
            finally:
                client.config_set("maxmemory", 0)
        store.close()


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneServer]:
    one = OneServer(tmp_path_factory.mktemp("redis"))
    yield one
    one.stop()


@patient
class TestRedis(StoreContract):
    pass


@patient
class TestRedisScans(ScanContract):
    pass


@patient
class TestRedisIsShared(SharedContract):
    pass


class TestRedisOutage(OutageContract):
    pass


class TestRedisInTime(TimeOutContract):
    pass


class TestRedisSweepsByItself(ServerSweepContract):
    pass


class TestFullRedis(FullContract):
    pass


class WithoutExpireTime(OneServer):
    """A server that lacks the command, as all before version 7.0 do."""

    settings = ('rename-command EXPIRETIME ""',)


@patient
class TestRedisBeforeSeven(StoreContract):
    """Ends are moved by a script."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneServer]:
        old = WithoutExpireTime(tmp_path_factory.mktemp("old"))
        assert not old.open()._servers.know("EXPIRETIME")
        yield old
        old.stop()


def test_the_name_and_the_password_of_the_url_are_used(backend: OneServer) -> None:
    for url in (backend.url.replace(PASSWORD, "wrong"), backend.url.replace(f":{PASSWORD}@", "")):
        store = RedisStore(url)
        with pytest.raises(Unavailable, match="password") as refused:
            store.get("a")
        assert PASSWORD not in str(refused.value)
        assert PASSWORD not in repr(vars(store))


def test_a_user_who_may_not_is_unavailable_and_told_so(backend: OneServer) -> None:
    rules = ("on", ">secret", "~tests:*", "+get", "+select")
    backend.server.tell("ACL SETUSER", "reader", *rules)
    store = RedisStore(backend.url.replace(f":{PASSWORD}@", "reader:secret@"))
    assert store.get("a") is None
    with pytest.raises(Unavailable, match=r"docs/stores\.md"):
        store.put("a", b"one", ends=an_hour())


def test_the_commands_that_the_documentation_lists_are_enough(backend: OneServer) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/stores.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith("ACL SETUSER")]
    rules = line.replace("~shop:*", "~tests:*").split()
    backend.server.tell("ACL SETUSER", *rules[2:])
    password = rules[4].removeprefix(">")
    store = RedisStore(backend.url.replace(f":{PASSWORD}@", f"{rules[2]}:{password}@"))
    for call in every_call(store, "listed", "other"):
        call()
    assert met(store, "li") == set()
    assert store.maxmemory_policy() == "noeviction"
    assert store.persistence() == [Persistence(appends=True, syncs="everysec", saves="")]
    store.close()


def test_the_prefix_and_the_database_are_where_the_url_says(backend: OneServer) -> None:
    store = backend.open()
    store.put("somewhere", b"here", ends=an_hour())
    with backend.server.client() as client:
        assert client.get("tests:somewhere") is None
        client.select(3)
        assert client.get("tests:somewhere") == b"here"
    other = RedisStore(backend.url.replace("tests:", "others:"))
    assert other.get("somewhere") is None
    assert met(other, "") == set()


def test_a_socket_is_talked_to(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        store = RedisStore(f"unix://{server.socket}?db=2&prefix=p:")
        store.put("a", b"one", ends=an_hour())
        assert store.get("a") == b"one"
        with server.client() as client:
            client.select(2)
            assert client.get("p:a") == b"one"
        store.close()
    finally:
        server.stop()


def test_a_policy_that_evicts_is_told(backend: OneServer) -> None:
    store = backend.open()
    assert store.maxmemory_policy() == "noeviction"
    with backend.server.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert store.maxmemory_policy() == "allkeys-lru"
        client.config_set("maxmemory-policy", "noeviction")


def test_what_is_written_to_the_disk_is_told(backend: OneServer) -> None:
    store = backend.open()
    assert store.persistence() == [Persistence(appends=True, syncs="everysec", saves="")]
    with backend.server.client() as client:
        client.config_set("save", "3600 1")
        assert store.persistence() == [Persistence(True, "everysec", "3600 1")]
        client.config_set("save", "")


def test_a_replica_takes_no_writes_and_says_why(backend: OneServer, tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        store = RedisStore(f"redis://{HOST}:{server.port}")
        store.put("a", b"one", ends=an_hour())
        server.tell("REPLICAOF", HOST, backend.server.port)
        with pytest.raises(Unavailable, match="replica"):
            store.put("a", b"two", ends=an_hour())
        store.close()
    finally:
        server.stop()


def test_what_another_program_keeps_under_the_name_is_an_outage(backend: OneServer) -> None:
    with backend.server.client() as client:
        client.select(3)
        client.lpush("tests:list", "one")
        client.set("tests:odd name \xff", "")
    store = backend.open()
    for call in (lambda: store.get("list"), lambda: store.get_many(["list", "other"])):
        with pytest.raises(Unavailable, match="error"):
            call()
    assert not any("odd" in name for name in met(store, ""))


@patient
def test_many_values_of_the_largest_size_are_sent_in_portions(backend: OneServer) -> None:
    store = backend.open()
    values = {f"large{number}": bytes([number]) * store.max_octets for number in range(12)}
    store.put_many(values, ends=an_hour())
    assert store.get_many(values) == values
    store.delete(values)
    commands = [Command(name, ("SET", name, value)) for name, value in values.items()]
    assert [len(batch) for batch in _batches(commands)] == [3, 3, 3, 3]
    assert [len(batch) for batch in _batches([Command("a", ("GET", "a"))] * 1200)] == [
        500,
        500,
        200,
    ]


def test_reads_are_asked_once_more_where_the_connection_breaks_and_writes_never(
    backend: OneServer,
) -> None:
    with Breaking(backend.server.port, (b"GET", b"SET")) as between:
        store = RedisStore(backend.url.replace(f":{backend.server.port}", f":{between.port}"))
        with pytest.raises(Unavailable, match="closed the connection"):
            store.put("broken", b"one", ends=an_hour())
        assert store.get("broken") is None
        store.put("broken", b"one", ends=an_hour())
        assert between.broken == [b"SET", b"GET"]
        store.delete(["broken"])
        store.close()


def test_connections_are_kept_and_given_back(backend: OneServer) -> None:
    store = backend.open()
    with backend.server.client() as client:
        # Those that other tests have left may go at any time.
        others = ids(client)
        before = client.info("stats")["total_connections_received"]
        for _ in range(20):
            store.get("a")
        assert client.info("stats")["total_connections_received"] == before + 1
        (kept,) = ids(client) - others
        store.close()
        until(lambda: kept not in ids(client))


def ids(client: Redis) -> set[str]:
    return {each["id"] for each in client.client_list()}
