"""Waits that could add up: many addresses, many servers, many steps, and asking again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores import store_from_url
from cookie_sessions.stores.dynamodb import DynamoDBStore
from cookie_sessions.stores.redis import RedisStore
from cookie_sessions.stores.time_out import Countdown, checked_timeout

from .blackhole import blackhole
from .calls import an_hour, met
from .contract_time import AT_MOST, assert_unavailable_in_time
from .dynamodb_backend import nobodys_credentials
from .moving_clock import MovingClock, moving_clock

TIME_OUT = 1.5
"""Added up twice, or more often, it is told from one that other things of the machine prolong."""

URLS = [
    "redis://:password@{0}/3",
    "redis://localhost:{port}",
    "rediss://{0}",
    "redis+cluster://{0},{1},{2}",
    "redis+sentinel://:password@{0},{1},{2}/shop",
    "memcached://{0}",
    "memcached://{0},{1},{2}",
    "dynamodb:sessions?region=x&endpoint=http://{0}",
    "dynamodb:sessions?region=x&endpoint=https://{0}",
]


@pytest.fixture(scope="module", autouse=True)
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with nobodys_credentials(tmp_path_factory.mktemp("aws")):
        yield


def filled(url: str, port: int) -> str:
    return url.format(*(f"127.0.0.{number}:{port}" for number in (1, 2, 3)), port=port)


@contextmanager
def hanging() -> Iterator[int]:
    """A port where connections are taken and nothing is said."""
    with socket.create_server(("0.0.0.0", 0), backlog=100) as listener:  # noqa: S104
        yield listener.getsockname()[1]


@pytest.mark.usefixtures("long_defaults")
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("nobody", [blackhole, hanging])
def test_nobody_is_waited_for_longer_than_the_time_out(url: str, nobody: Callable[[], Any]) -> None:
    with nobody() as port, closing(store_from_url(filled(url, port), timeout=TIME_OUT)) as store:
        if isinstance(store, DynamoDBStore):
            store._table._client()
        calls: list[Callable[[], object]] = [
            lambda: store.get_many(["a", "b"]),
            lambda: store.put_many({"a": b"", "b": b""}, ends=an_hour()),
            lambda: store.extend(["a", "b"], ends=an_hour()),
        ]
        if store.scans:
            calls.append(lambda: met(store, ""))
        assert_unavailable_in_time(store, *calls, at_most=2 * TIME_OUT)


@pytest.mark.usefixtures("long_defaults")
@pytest.mark.parametrize("scheme", ["redis", "memcached"])
def test_many_addresses_of_a_name_share_the_time_out(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    def resolved(_: str, port: int, *__: Any, **___: Any) -> list[Any]:
        one = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*one, (f"127.0.0.{number}", port)) for number in range(1, 7)]

    with blackhole() as port:
        store = store_from_url(f"{scheme}://many.example:{port}", timeout=TIME_OUT)
        monkeypatch.setattr(socket, "getaddrinfo", resolved)
        assert_unavailable_in_time(store, lambda: store.get("a"), at_most=2 * TIME_OUT)


@pytest.mark.parametrize("scheme", ["redis", "memcached"])
def test_an_address_that_leads_nowhere_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    answer = b"$-1\r\n" if scheme == "redis" else b"END\r\n"
    with blackhole() as nowhere, answering(answer, after=0) as port:

        def resolved(_: str, __: int, *___: Any, **____: Any) -> list[Any]:
            one = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*one, ("127.0.0.1", nowhere)), (*one, ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolved)
        url = f"{scheme}://two.example:{port}"
        with closing(store_from_url(url, timeout=4)) as store:
            assert store.get("a") is None


@contextmanager
def answering(answer: bytes, *, after: float, breaks: bool = False) -> Iterator[int]:
    """A server that answers all that it is asked, and takes its time.

    Args:
        answer: the octets.
        after: seconds.
        breaks: whether it closes the first connection instead, and then answers nothing.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket, *, silent: bool) -> None:
            with connection:
                try:
                    while connection.recv(65_536):
                        time.sleep(after)
                        if breaks and not silent:
                            return
                        if not breaks:
                            connection.sendall(answer)
                except OSError:
                    pass

        def accept() -> None:
            silent = False
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                options = {"silent": silent}
                threading.Thread(target=serve, args=(connection,), kwargs=options).start()
                silent = True

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.usefixtures("long_defaults")
def test_signing_in_and_asking_share_the_time_out() -> None:
    # Three answers: to AUTH, to SELECT and to GET.
    with answering(b"+OK\r\n", after=2) as port:
        store = RedisStore(f"redis://:password@127.0.0.1:{port}/3", timeout=2.5)
        assert_unavailable_in_time(store, lambda: store.get("a"), at_most=5)
        store.close()


@pytest.mark.usefixtures("long_defaults")
def test_asking_again_shares_the_time_out() -> None:
    with answering(b"", after=2, breaks=True) as port:
        store = RedisStore(f"redis://127.0.0.1:{port}", timeout=2.5)
        assert_unavailable_in_time(store, lambda: store.get("a"), at_most=4.4)
        store.close()


@pytest.mark.usefixtures("long_defaults")
def test_an_answer_of_memcached_in_drops_shares_the_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                try:
                    for _ in range(400):
                        connection.sendall(b"V")
                        time.sleep(0.1)
                except OSError:
                    pass

        threading.Thread(target=drip, daemon=True).start()
        port = listener.getsockname()[1]
        store = store_from_url(f"memcached://127.0.0.1:{port}", timeout=TIME_OUT)
        assert_unavailable_in_time(store, lambda: store.get("a"), at_most=AT_MOST)


def test_a_time_out_has_room_for_some_pauses_and_for_all_where_there_is_none() -> None:
    for timeout, pauses in {None: 4, 0.1: 0, 0.25: 1, 1: 2, 3.1: 4}.items():
        store = DynamoDBStore("dynamodb:sessions?region=x", timeout=timeout)
        assert len(store._table._pauses) == pauses


@pytest.mark.parametrize("timeout", [0, -1, 60.1, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "url",
    ["memory:", "sqlite:a.db", "redis://host", "memcached://host", "dynamodb:sessions"],
)
def test_a_time_out_that_is_none_is_an_error_of_the_configuration(url: str, timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="time-out"):
        store_from_url(url, timeout=timeout)


def test_a_store_in_memory_takes_a_time_out_and_never_waits() -> None:
    assert store_from_url("memory:", timeout=0.001).get("a") is None


def test_waits_that_follow_one_another_share_a_countdown() -> None:
    with moving_clock() as standing:
        countdown = Countdown(8)
        assert countdown.left() == 8
        countdown.begin()
        _pass(standing, 4)
        assert countdown.left() == 4
        assert countdown.left(share=0.25) == 2
        assert countdown.for_connecting() == 2
        _pass(standing, 5)
        assert 0 < countdown.left() < 0.01
        assert 0 < countdown.for_connecting() < 0.01
        countdown.begin()
        assert countdown.left() == 8
        standing._now -= 3600
        assert countdown.left() == 8


def test_a_time_out_may_be_none() -> None:
    assert checked_timeout(None) is None
    assert checked_timeout(60) == 60


def _pass(standing: MovingClock, seconds: float) -> None:
    standing.wait_until(standing.now() + seconds)
