"""Connections to a Redis, whether it is one server, a cluster or watched by sentinels."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from operator import methodcaller
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from redis import Redis, RedisCluster, exceptions
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

from cookie_sessions.stores.redis_outage import AnswerNotUnderstood, PrimariesChanged
from cookie_sessions.stores.redis_url import RedisAddress

CONNECT_SECONDS: Final = 1.0
"""How long a connection may take to be made."""

ANSWER_SECONDS: Final = 1.5
"""How long a server may take to answer; in a cluster the same as for connecting."""

_SENTINEL_SECONDS: Final = 0.5
_MOST_CONNECTIONS: Final = 1000
_BATCH_COMMANDS: Final = 500
_BATCH_OCTETS: Final = 4_000_000

# What redis-py and we raise where an answer is of another form than it should be.
_OF_A_PARSER: Final = (AttributeError, LookupError, TypeError, ValueError)

_T = TypeVar("_T")


class Command(NamedTuple):
    """One command about one key: what a cluster needs to know to send it to the right server."""

    key: str
    arguments: tuple[str | bytes | int, ...]


class RedisServers:
    """Sends commands to the server that has the key; to a primary always.

    Nothing is sent twice unless the caller says that it may be. Connections are kept between
    calls, one for each thread that is in a call. A forked process makes its own.

    Args:
        address: where the servers are. Nothing is connected yet.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._clients: dict[int, _Client] = {}
        self._known: dict[str, bool] = {}

    def __repr__(self) -> str:
        return f"<RedisServers {self._address.name}>"

    def run(self, commands: Sequence[Command], *, again: bool = False) -> list[Any]:
        """The answers to commands, in their order; of many, in one round trip to each server.

        Args:
            commands: what to send.
            again: whether to ask a second time where the connection broke, as reads may.

        Raises:
            redis.exceptions.RedisError, redis.exceptions.RedisClusterException, OSError: one of
                them failed; the others may have been done.
        """
        answers: list[Any] = []
        for batch in _batches(commands):
            answers += self._asked(methodcaller("run", batch), again=again)
        return answers

    def primaries(self) -> list[str]:
        """The names of the servers that take writes, in a fixed order."""
        return self._asked(lambda client: sorted(client.primaries()), again=True)

    def ask(self, primary: str, *arguments: str | int) -> Any:
        """The answer of one primary to a command that only reads.

        Raises:
            PrimariesChanged: it is none any more.
        """
        return self._asked(lambda client: client.ask(primary, arguments), again=True)

    def know(self, command: str) -> bool:
        """Whether all primaries have a command; False also where they don't tell this user."""
        known = self._known.get(command)
        if known is None:
            try:
                told = [self._has(name, command) for name in self.primaries()]
            except exceptions.NoPermissionError:
                told = []
            known = self._known[command] = bool(told) and all(told)
        return known

    def close(self) -> None:
        """Close the connections that no thread uses at present; the others when it is done."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def _has(self, primary: str, command: str) -> bool:
        def asked(client: _Client) -> bool:
            return bool(client.ask(primary, ("COMMAND INFO", command))[0])

        return self._asked(asked, again=True)

    def _asked(self, question: Callable[[_Client], _T], *, again: bool) -> _T:
        try:
            return self._answered(question, again=again)
        except _OF_A_PARSER:
            pass
        raise AnswerNotUnderstood

    def _answered(self, question: Callable[[_Client], _T], *, again: bool) -> _T:
        client = self._client()
        try:
            return question(client)
        except exceptions.ConnectionError:
            self._forget(client)
            if not again:
                raise
        except (
            exceptions.TimeoutError,
            exceptions.ClusterError,
            exceptions.RedisClusterException,
            OSError,
        ):
            self._forget(client)
            raise
        return question(self._client())

    def _client(self) -> _Client:
        # Neither a lock nor a client is taken over through a fork: another thread may have held it.
        process = os.getpid()
        client = self._clients.get(process)
        if client is None:
            client = self._clients.setdefault(process, _connected(self._address))
        return client

    def _forget(self, client: _Client) -> None:
        """Have the next call find out anew who the servers are, where that can change."""
        if isinstance(client, _Cluster) and self._clients.get(os.getpid()) is client:
            self.close()


class _Client(Protocol):
    def run(self, batch: Sequence[Command]) -> list[Any]: ...

    def primaries(self) -> list[str]: ...

    def ask(self, primary: str, arguments: tuple[str | int, ...]) -> Any: ...

    def close(self) -> None: ...


class _One:
    """A single server, or the primary that the sentinels name."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._name = name

    def run(self, batch: Sequence[Command]) -> list[Any]:
        return _raised(_sent(self._redis, batch))

    def primaries(self) -> list[str]:
        self._redis.ping()
        return [self._present()]

    def ask(self, primary: str, arguments: tuple[str | int, ...]) -> Any:
        answer = self._redis.execute_command(*arguments)
        if primary != self._present():
            raise PrimariesChanged
        return answer

    def close(self) -> None:
        self._redis.connection_pool.disconnect(inuse_connections=False)

    def _present(self) -> str:
        return str(getattr(self._redis.connection_pool, "master_address", self._name))


class _Cluster:
    """The servers of a cluster, each with the keys of its slots.

    Written anew here because the pipelines of redis-py send the commands of a server that hangs
    again one by one, each until its time is over.
    """

    def __init__(self, redis: RedisCluster) -> None:
        self._redis = redis

    def run(self, batch: Sequence[Command]) -> list[Any]:
        places: dict[str, list[int]] = {}
        nodes: dict[str, Any] = {}
        for place, command in enumerate(batch):
            node: Any = self._redis.get_node_from_key(command.key)
            places.setdefault(node.name, []).append(place)
            nodes[node.name] = node
        answers: list[Any] = [None] * len(batch)
        for name, some in places.items():
            redis = self._redis.get_redis_connection(nodes[name])
            for place, answer in zip(some, _sent(redis, [batch[i] for i in some]), strict=True):
                answers[place] = answer
        for place, answer in enumerate(answers):
            # Refused because the slot has moved or is moving: not done, so it may be sent again.
            if isinstance(answer, exceptions.AskError):
                answers[place] = self._redis.execute_command(*batch[place].arguments)
        return _raised(answers)

    def primaries(self) -> list[str]:
        return [node.name for node in self._redis.get_primaries()]

    def ask(self, primary: str, arguments: tuple[str | int, ...]) -> Any:
        node = self._redis.get_node(node_name=primary)
        if node is None or primary not in self.primaries():
            raise PrimariesChanged
        return self._redis.get_redis_connection(node).execute_command(*arguments)

    def close(self) -> None:
        for node in self._redis.get_nodes():
            if node.redis_connection is not None:
                node.redis_connection.connection_pool.disconnect(inuse_connections=False)


def _connected(address: RedisAddress) -> _Client:
    """The client of an address. Only that of a cluster asks something at once."""
    options: dict[str, Any] = {
        "username": address.username,
        "password": address.password,
        "protocol": 2,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "max_connections": _MOST_CONNECTIONS,
    }
    tls: dict[str, Any] = {"ssl": True, "ssl_ca_certs": address.ca_file} if address.tls else {}
    if address.kind == "cluster":
        nodes = [ClusterNode(host, port) for host, port in address.hosts]
        options["socket_timeout"] = CONNECT_SECONDS
        return _Cluster(RedisCluster(startup_nodes=nodes, retry=_once(), **options, **tls))
    options |= {"db": address.db, "retry": _once()}
    if address.kind == "socket":
        return _One(Redis(unix_socket_path=address.path, **options), address.name)
    if address.kind == "server":
        ((host, port),) = address.hosts
        return _One(Redis(host, port, **options, **tls), address.name)
    to_sentinels: dict[str, Any] = {
        "username": address.sentinel_username,
        "password": address.sentinel_password,
        "socket_connect_timeout": _SENTINEL_SECONDS,
        "socket_timeout": _SENTINEL_SECONDS,
        "retry": _once(),
        **tls,
    }
    sentinels = Sentinel(list(address.hosts), sentinel_kwargs=to_sentinels)
    return _One(sentinels.master_for(address.service, **options, **tls), address.name)


def _once() -> Retry:
    return Retry(NoBackoff(), 0)


def _sent(redis: Redis, batch: Sequence[Command]) -> list[Any]:
    """The answers of one server, its refusals among them."""
    if len(batch) == 1:
        try:
            return [redis.execute_command(*batch[0].arguments)]
        except exceptions.ResponseError as refusal:
            return [refusal]
    with redis.pipeline(transaction=False) as pipeline:
        for command in batch:
            pipeline.execute_command(*command.arguments)
        return pipeline.execute(raise_on_error=False)


def _raised(answers: list[Any]) -> list[Any]:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _batches(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """Commands in portions that neither side has to hold too much of."""
    batch: list[Command] = []
    octets = 0
    for command in commands:
        size = sum(len(part) for part in command.arguments if isinstance(part, bytes))
        if batch and (len(batch) == _BATCH_COMMANDS or octets + size > _BATCH_OCTETS):
            yield batch
            batch, octets = [], 0
        batch.append(command)
        octets += size
    if batch:
        yield batch
