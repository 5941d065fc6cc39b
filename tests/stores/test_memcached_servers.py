"""Several Memcached servers, servers that answer nonsense, and the URLs that name them."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.stores.entry import MAX_PREFIX_OCTETS
from cookie_sessions.stores.memcached import MemcachedStore
from cookie_sessions.stores.url import store_from_url

from .memcached_backend import Memcached
from .moving_clock import moving_clock

pytestmark = pytest.mark.once

HOUR = 3600
STORES = "cookie_sessions.stores"


def an_hour() -> float:
    return clock.now() + HOUR


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Memcached]]:
    with ExitStack() as stack:
        standing = stack.enter_context(moving_clock())
        yield [
            stack.enter_context(Memcached(tmp_path_factory.mktemp("one"), standing).running())
            for _ in range(3)
        ]


def url(servers: list[Memcached]) -> str:
    return "memcached://" + ",".join(server.address for server in servers)


def test_names_spread_over_servers_alike_for_everyone(three: list[Memcached]) -> None:
    names = [f"spread{number}" for number in range(300)]
    with (
        closing(MemcachedStore(url(three))) as store,
        closing(MemcachedStore(url(three[::-1]))) as other,
    ):
        store.put_many({name: name.encode() for name in names}, ends=an_hour())
        assert other.get_many(names) == {name: name.encode() for name in names}
        assert other.extend(names, ends=an_hour() + 1) == set(names)
        shares = []
        for server in three:
            with closing(server.open()) as alone:
                shares.append(len(alone.get_many(names)))
        assert sum(shares) == 300
        assert min(shares) > 50
        other.delete(names)
        assert store.get_many(names) == {}


def test_one_more_server_takes_over_only_its_share(three: list[Memcached]) -> None:
    names = [f"more{number}" for number in range(300)]
    with (
        closing(MemcachedStore(url(three[:2]))) as two,
        closing(MemcachedStore(url(three))) as all_three,
    ):
        two.put_many(dict.fromkeys(names, b""), ends=an_hour())
        assert 150 < len(all_three.get_many(names)) < 250


def test_a_lost_server_is_unavailable_for_its_names_alone(three: list[Memcached]) -> None:
    names = [f"lost{number}" for number in range(60)]
    with (
        closing(MemcachedStore(url(three))) as store,
        closing(three[0].open()) as alone,
    ):
        store.put_many(dict.fromkeys(names, b"one"), ends=an_hour())
        its = set(alone.get_many(names))
        three[0].stop()
        try:
            for name in names:
                if name in its:
                    with pytest.raises(Unavailable, match=three[0].address):
                        store.get(name)
                    with pytest.raises(Unavailable):
                        store.put(name, b"two", ends=an_hour())
                else:
                    assert store.get(name) == b"one"
                    store.put(name, b"two", ends=an_hour())
        finally:
            three[0].start()
        assert store.get_many(names) == {name: b"two" for name in names if name not in its}


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n",
        b"VALUE\r\n",
        b"VALUE a b c\r\n",
        b"VALUE other 0 3\r\nabc\r\nEND\r\n",
        b"VALUE cookie_sessions:a 0 -5\r\nabc\r\nEND\r\n",
        b"SERVER_ERROR secret\r\n",
        b"CLIENT_ERROR secret\r\n",
        b"ERROR\r\n",
        b"",
    ],
)
def test_a_server_that_answers_nonsense_is_unavailable(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(7):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

        answering = threading.Thread(target=serve, daemon=True)
        answering.start()
        store = MemcachedStore(f"memcached://127.0.0.1:{listener.getsockname()[1]}")
        for call in (
            lambda: store.get("a"),
            lambda: store.get_many(["a"]),
            lambda: store.put("a", b"", ends=an_hour()),
            lambda: store.put_many({"a": b""}, ends=an_hour()),
            lambda: store.add("a", b"", ends=an_hour()),
            lambda: store.replace("a", b"", expected=b"", ends=an_hour()),
            lambda: store.extend(["a"], ends=an_hour()),
        ):
            with pytest.raises(Unavailable, match=r"^The store memcached://.*\.$") as told:
                call()
            assert "secret" not in str(told.value)
        answering.join(5)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("cache", "memcached://cache:11211"),
        ("CACHE:12,other:13,cache:12", "memcached://cache:12,other:13"),
        ("[::1]:12,[::2]/?prefix=shop:", "memcached://[::1]:12,[::2]:11211"),
    ],
)
def test_the_urls_of_servers_are_read(address: str, name: str) -> None:
    assert MemcachedStore(f"memcached://{address}").name == name


def test_a_url_of_any_store_may_name_servers() -> None:
    assert isinstance(store_from_url("Memcached://cache?prefix=shop:"), MemcachedStore)


def test_without_the_client_the_url_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymemcache.client.base", None)
    for name in [name for name in sys.modules if name.startswith(f"{STORES}.memcached")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigurationError, match=r'pip install "cookie-sessions\[memcached\]"'):
        store_from_url("memcached://cache")


@pytest.mark.parametrize(
    "address",
    [
        "memcached://",
        "memcached:cache",
        "redis://cache",
        "memcached://cache,",
        "memcached://user:hunter2@cache",
        "memcached://cache:0",
        "memcached://cache:65536",
        "memcached://cache:x",
        "memcached://ca che",
        "memcached:///run/hunter2",
        "memcached://cache/1",
        "memcached://cache?prefix=",
        "memcached://cache?prefix=a b",
        "memcached://cache?prefix=" + "p" * (MAX_PREFIX_OCTETS + 1),
        "memcached://cache?timeout=hunter2",
    ],
)
def test_a_wrong_url_is_told_what_is_right_and_not_repeated(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"memcached://host:11211") as told:
        MemcachedStore(address)
    assert "hunter2" not in str(told.value)


def test_a_value_that_was_not_kept_is_no_success() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"NOT_STORED\r\n")

        threading.Thread(target=serve, daemon=True).start()
        store = MemcachedStore(f"memcached://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(Unavailable, match="did not keep"):
            store.put("a", b"", ends=an_hour())
