"""A primary and its replica, watched by three sentinels that replace it when it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.redis import RedisStore

from .calls import an_hour, met
from .contract_time import TIME_OUT, assert_unavailable_in_time
from .redis_server import HOST, RedisServer, until

pytestmark = pytest.mark.once

SERVICE = "shop"
PASSWORD = "a-password-nobody-should-see"
SENTINELS_PASSWORD = "another-password-nobody-should-see"


class Watched:
    """Two servers and three sentinels; a primary that is silent for three seconds is replaced."""

    def __init__(self, folder: Path) -> None:
        auth = f"masterauth {PASSWORD}"
        self.primary = RedisServer(folder / "primary", auth, password=PASSWORD)
        replicaof = f"replicaof {HOST} {self.primary.port}"
        self.replica = RedisServer(folder / "replica", auth, replicaof, password=PASSWORD)
        watching = (
            f"sentinel monitor {SERVICE} {HOST} {self.primary.port} 2",
            f"sentinel auth-pass {SERVICE} {PASSWORD}",
            f"sentinel sentinel-pass {SENTINELS_PASSWORD}",
            f"sentinel down-after-milliseconds {SERVICE} 3000",
            f"sentinel failover-timeout {SERVICE} 3000",
        )
        self.sentinels = [
            RedisServer(
                folder / f"sentinel{number}", *watching, password=SENTINELS_PASSWORD, sentinel=True
            )
            for number in range(3)
        ]

    @property
    def servers(self) -> list[RedisServer]:
        return [self.primary, self.replica, *self.sentinels]

    @property
    def url(self) -> str:
        hosts = ",".join(f"{HOST}:{sentinel.port}" for sentinel in self.sentinels)
        return (
            f"redis+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0"
            f"?sentinel_password={SENTINELS_PASSWORD}"
        )

    def wait(self) -> None:
        """Return when the sentinels know one another and the replica."""
        for sentinel in self.sentinels:
            until(partial(knows, sentinel))
        until(lambda: self.replica.client().info("replication")["master_link_status"] == "up")


def knows(sentinel: RedisServer) -> bool:
    return len(told(sentinel, "SENTINELS")) == 2 and len(told(sentinel, "REPLICAS")) == 1


def told(sentinel: RedisServer, what: str) -> list[object]:
    answer = sentinel.tell("SENTINEL", what, SERVICE)
    assert isinstance(answer, list)
    return answer


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    with ExitStack() as stack:
        for server in made.servers:
            stack.callback(server.stop)
            server.start()
        made.wait()
        yield made


def test_another_primary_is_found_when_the_first_one_is_gone(watched: Watched) -> None:
    store = RedisStore(watched.url)
    store.put("before", b"one", ends=an_hour())
    assert watched.primary.tell("WAIT", 1, 30_000) == 1
    watched.primary.stop()
    with pytest.raises(Unavailable) as gone:
        store.get("before")
    for shown in (str(gone.value), repr(store), store.name, repr(vars(store))):
        assert PASSWORD not in shown
        assert SENTINELS_PASSWORD not in shown
    until(lambda: is_back(store))
    assert store.get("before") == b"one"
    assert store.replace("before", b"two", expected=b"one", ends=an_hour())
    assert met(store, "") == {"before", "after"}
    assert watched.replica.tell("GET", "cookie_sessions:before") == b"two"
    # One that has not heard of it yet would lead back to the first.
    until(lambda: all(names(sentinel, watched.replica) for sentinel in watched.sentinels))
    # The first one comes back with what it was and what it knew, until the sentinels correct it.
    watched.primary.start()
    assert watched.primary.client().info("replication")["role"] == "master"
    fresh = RedisStore(watched.url)
    for turn in range(20):
        store.put("before", b"%d" % turn, ends=an_hour())
        fresh.close()
        assert fresh.get("before") == b"%d" % turn
    fresh.close()
    store.close()


@pytest.mark.usefixtures("long_defaults")
def test_sentinels_that_hang_leave_time_for_the_others(watched: Watched) -> None:
    for sentinel in watched.sentinels[:2]:
        sentinel.pause()
    store = RedisStore(watched.url, timeout=TIME_OUT)
    assert is_back(store) or is_back(store)
    watched.sentinels[2].pause()
    assert store.get("after") == b""
    fresh = RedisStore(watched.url, timeout=TIME_OUT)
    assert_unavailable_in_time(fresh, lambda: fresh.get("after"))
    watched.primary.pause()
    assert_unavailable_in_time(store, lambda: store.get("after"), lambda: store.get("after"))
    for server in (watched.primary, *watched.sentinels):
        server.resume()
    until(lambda: is_back(fresh))
    store.close()
    fresh.close()


def names(sentinel: RedisServer, primary: RedisServer) -> bool:
    return told(sentinel, "GET-MASTER-ADDR-BY-NAME")[1] == str(primary.port).encode()


def is_back(store: RedisStore) -> bool:
    try:
        store.put("after", b"", ends=an_hour())
    except Unavailable:
        return False
    return True
