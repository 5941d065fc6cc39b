"""What sends commands to Redis: to one server, to a cluster, or to whom sentinels name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from redis import Redis, RedisCluster, exceptions
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

from cookie_sessions.stores.redis_outage import PrimariesChanged
from cookie_sessions.stores.redis_time import ThreadCountdown, count_down
from cookie_sessions.stores.redis_url import RedisAddress

CONNECT_SECONDS: Final = 1.0
"""How long a connection may take to be made."""

ANSWER_SECONDS: Final = 1.5
"""How long a server may take to answer; in a cluster the same as for connecting."""

_SENTINEL_SECONDS: Final = 0.5
_MOST_CONNECTIONS: Final = 1000


class Command(NamedTuple):
    """One command about one key: what a cluster needs to know to send it to the right server."""

    key: str
    arguments: tuple[str | bytes | int, ...]


class Client(Protocol):
    """One server, the primary that sentinels name, or a cluster.

    Attributes:
        remembers: whether it found out who the servers are, and has to be made anew to learn of a
            change.
    """

    remembers: bool

    def run(self, batch: Sequence[Command]) -> list[Any]:
        """The answers to commands, in their order."""
        ...

    def primaries(self) -> list[str]:
        """The names of the servers that take writes."""
        ...

    def ask(self, primary: str, arguments: tuple[str | int, ...]) -> Any:
        """The answer of one of them; PrimariesChanged where it is none any more."""
        ...

    def close(self) -> None:
        """Close the connections that no thread uses."""
        ...


class _One:
    """A single server, or the primary that the sentinels name."""

    remembers = False

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

    remembers = True

    def __init__(self, redis: RedisCluster, countdown: ThreadCountdown | None) -> None:
        self._redis = redis
        self._countdown = countdown
        for node in redis.get_nodes():
            self._of(node)

    def run(self, batch: Sequence[Command]) -> list[Any]:
        places: dict[str, list[int]] = {}
        nodes: dict[str, Any] = {}
        for place, command in enumerate(batch):
            node: Any = self._redis.get_node_from_key(command.key)
            places.setdefault(node.name, []).append(place)
            nodes[node.name] = node
        answers: list[Any] = [None] * len(batch)
        for name, some in places.items():
            redis = self._of(nodes[name])
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
        return self._of(node).execute_command(*arguments)

    def close(self) -> None:
        for node in self._redis.get_nodes():
            if node.redis_connection is not None:
                node.redis_connection.connection_pool.disconnect(inuse_connections=False)

    def _of(self, node: Any) -> Redis:
        redis = self._redis.get_redis_connection(node)
        if self._countdown is not None:
            # Servers that have joined since are among them.
            count_down(redis.connection_pool, self._countdown)
        return redis


class _Discovered(RedisCluster):
    """Does not read what commands there are before it is used: a server that hangs may be asked."""

    def command(self, **_: Any) -> dict[str, Any]:
        """Nothing yet; redis-py asks again for what it does not find."""
        return {}


def connected(address: RedisAddress, countdown: ThreadCountdown | None) -> Client:
    """The client of an address. Only that of a cluster asks something at once.

    Args:
        address: where the servers are.
        countdown: of each question, or None for what connections wait by themselves.
    """
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
        return _cluster(address, countdown, **options, **tls)
    options |= {"db": address.db, "retry": _once()}
    if address.kind == "socket":
        redis = Redis(unix_socket_path=address.path, **options)
    elif address.kind == "server":
        ((host, port),) = address.hosts
        redis = Redis(host, port, **options, **tls)
    else:
        redis = _watched(address, countdown, tls).master_for(address.service, **options, **tls)
    if countdown is not None:
        count_down(redis.connection_pool, countdown)
    return _One(redis, address.name)


def _cluster(address: RedisAddress, countdown: ThreadCountdown | None, **options: Any) -> Client:
    options["socket_timeout"] = CONNECT_SECONDS
    nodes = [ClusterNode(host, port) for host, port in address.hosts]
    if countdown is not None:
        for node in nodes:
            node.redis_connection = Redis(node.host, node.port, retry=_once(), **options)
            count_down(node.redis_connection.connection_pool, countdown, share=_share(address))
    return _Cluster(_Discovered(startup_nodes=nodes, retry=_once(), **options), countdown)


def _watched(
    address: RedisAddress, countdown: ThreadCountdown | None, tls: Mapping[str, Any]
) -> Sentinel:
    options: dict[str, Any] = {
        "username": address.sentinel_username,
        "password": address.sentinel_password,
        "socket_connect_timeout": _SENTINEL_SECONDS,
        "socket_timeout": _SENTINEL_SECONDS,
        "retry": _once(),
        **tls,
    }
    sentinels = Sentinel(list(address.hosts), sentinel_kwargs=options)
    if countdown is not None:
        for sentinel in sentinels.sentinels:
            count_down(sentinel.connection_pool, countdown, share=_share(address))
    return sentinels


def _share(address: RedisAddress) -> float:
    """What each of those that are asked for the way may take; as much is left for the way."""
    return 1 / (len(address.hosts) + 1)


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
