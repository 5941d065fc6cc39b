"""Connections to a Redis, whether it is one server, a cluster or watched by sentinels."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from operator import methodcaller
from typing import Any, Final, TypeVar

from redis import exceptions

from cookie_sessions.stores.idleness import Idleness
from cookie_sessions.stores.redis_outage import AnswerNotUnderstood
from cookie_sessions.stores.redis_time import ThreadCountdown
from cookie_sessions.stores.redis_topology import Client, Command, connected
from cookie_sessions.stores.redis_url import RedisAddress

_BATCH_COMMANDS: Final = 500
_BATCH_OCTETS: Final = 4_000_000

# What redis-py and we raise where an answer is of another form than it should be.
_OF_A_PARSER: Final = (AttributeError, LookupError, TypeError, ValueError)

_T = TypeVar("_T")


class RedisServers:
    """Sends commands to the server that has the key; to a primary always.

    Nothing is sent twice unless the caller says that it may be. Connections are kept between
    calls, one for each thread that is in a call, and made anew where none has been used for a
    while. A forked process makes its own.

    Args:
        address: where the servers are. Nothing is connected yet.
        timeout: seconds that a question may wait for connections and answers in all, or None for
            what each connection waits by itself.
    """

    def __init__(self, address: RedisAddress, *, timeout: float | None = None) -> None:
        self._address = address
        self._countdown = None if timeout is None else ThreadCountdown(timeout)
        self._clients: dict[int, Client] = {}
        self._known: dict[str, bool] = {}
        self._idleness = Idleness()

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
        def asked(client: Client) -> bool:
            return bool(client.ask(primary, ("COMMAND INFO", command))[0])

        return self._asked(asked, again=True)

    def _asked(self, question: Callable[[Client], _T], *, again: bool) -> _T:
        if self._countdown is not None:
            self._countdown.begin()
        try:
            return self._answered(question, again=again)
        except _OF_A_PARSER:
            pass
        raise AnswerNotUnderstood

    def _answered(self, question: Callable[[Client], _T], *, again: bool) -> _T:
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

    def _client(self) -> Client:
        # Neither a lock nor a client is taken over through a fork: another thread may have held it.
        process = os.getpid()
        client = self._clients.get(process)
        rested = self._idleness.ends()
        if client is not None and rested:
            client.close()
        if client is None:
            client = self._clients.setdefault(process, connected(self._address, self._countdown))
        return client

    def _forget(self, client: Client) -> None:
        """Have the next call find out anew who the servers are, where that can change."""
        if client.remembers and self._clients.get(os.getpid()) is client:
            self.close()


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
