"""One DynamoDB table, and the client that this process asks it with."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Final

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoRegionError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ClosedPoolError

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.dynamodb_outage import NOT_DONE, TableFailed, outage, refusal
from cookie_sessions.stores.idleness import Idleness

CONNECT_SECONDS: Final = 1.0
"""How long the making of a connection may take, for each address that the endpoint has."""

ANSWER_SECONDS: Final = 2.0
"""How long the service may be silent."""

PAUSES: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between the attempts at what the service says it has not done."""

Answer = dict[str, Any]

_CONNECTIONS: Final = 64
# boto3 takes no time-out for a whole call, so one is shared out among what may wait in turn.
_CONNECTING_SHARE: Final = 0.25
_ANSWER_SHARE: Final = 1 - _CONNECTING_SHARE
# What boto3 raises where an answer is well-formed JSON of another form than it expects.
_OF_A_PARSER: Final = (AttributeError, LookupError, TypeError, ValueError)
# What a fork inherited is kept as it is: to close it could wait for a lock that was held, in the
# parent, by a thread that this process does not have.
_inherited: Final[list[Any]] = []


class DynamoDBTable:
    """A table, asked on as many connections as threads ask at once; a fork begins with none.

    Connections are made anew where none has been used for a while.

    Credentials come from where boto3 looks for them, and are first looked for when something is
    asked.

    Args:
        name: the table's name.
        region: the region, or None for the one that boto3 finds.
        endpoint: the URL of the service, or None for AWS.
        timeout: seconds that a call may wait in all, or None for :data:`CONNECT_SECONDS`,
            :data:`ANSWER_SECONDS` and all of the :data:`PAUSES`.
    """

    def __init__(
        self,
        name: str,
        *,
        region: str | None,
        endpoint: str | None,
        timeout: float | None = None,
    ) -> None:
        self.name = name
        self._region = region
        self._endpoint = endpoint
        self._timeout = timeout
        self._pauses = _pauses(timeout)
        self._made: tuple[int, Any] | None = None
        self._making = threading.Lock()
        self._idleness = Idleness()

    def __repr__(self) -> str:
        return f"<DynamoDBTable {self.name}>"

    def ask(self, operation: str, **arguments: Any) -> Answer:
        """Call an operation on this table. What the service throttles is asked again, a few times.

        Nothing else is: of a call without an answer nobody knows whether it was done.

        Args:
            operation: the client's method, such as "get_item".
            arguments: those of the operation, without the table's name.

        Returns:
            The answer.

        Raises:
            ConditionFailed: the condition of a write is not met.
            TableFailed: the service can't be reached, is silent, refuses or answers nonsense.
            ConfigurationError: no region is known.
        """
        if not operation.startswith("batch_"):
            arguments["TableName"] = self.name
        for pause in self._pauses:
            try:
                return self._answer(operation, arguments)
            except TableFailed as failure:
                if failure.code not in NOT_DONE:
                    raise
            wait(pause)
        return self._answer(operation, arguments)

    def read_all(self, keys: list[Answer]) -> list[Answer]:
        """Read items in one round trip, or more where the service leaves some unread.

        Args:
            keys: at most 100 different keys.

        Returns:
            Those items that are there.

        Raises:
            TableFailed: as :meth:`ask`, or the service reads nothing, time after time.
        """
        found: list[Answer] = []

        def read(some: list[Answer]) -> list[Answer]:
            asked = {self.name: {"Keys": some, "ConsistentRead": True}}
            answer = self.ask("batch_get_item", RequestItems=asked)
            found.extend(answer.get("Responses", {}).get(self.name, []))
            left: list[Answer] = (
                answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            )
            return left

        _until_done(read, keys, self._pauses)
        return found

    def write_all(self, requests: list[Answer]) -> None:
        """Put and delete items in one round trip, or more where the service leaves some undone.

        Args:
            requests: at most 25, for different keys, of at most 16 MB in all.

        Raises:
            TableFailed: as :meth:`ask`, or the service does nothing, time after time.
        """

        def write(some: list[Answer]) -> list[Answer]:
            answer = self.ask("batch_write_item", RequestItems={self.name: some})
            left: list[Answer] = answer.get("UnprocessedItems", {}).get(self.name, [])
            return left

        _until_done(write, requests, self._pauses)

    def close(self) -> None:
        """End the connections. The table may be asked again."""
        made, self._made = self._made, None
        if made is not None and made[0] == os.getpid():
            made[1].close()

    def _answer(self, operation: str, arguments: dict[str, Any]) -> Answer:
        try:
            while True:
                try:
                    answer: Answer = getattr(self._client(), operation)(**arguments)
                except HTTPClientError as error:
                    # Another thread closed the store between two of our steps: nothing was sent.
                    if not isinstance(error.kwargs.get("error"), ClosedPoolError):
                        raise
                else:
                    return answer
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            failure = refusal(code, times=len(self._pauses) + 1)
        except NoRegionError:
            failure = ConfigurationError(
                f"dynamodb:{self.name}: no region is known. Name it in the URL (?region=eu-west-1) "
                f"or in the environment variable AWS_REGION."
            )
        except (BotoCoreError, ResponseParserError, OSError, *_OF_A_PARSER) as error:
            failure = outage(error)
        raise failure

    def _client(self) -> Any:
        made = self._made
        rested = self._idleness.ends()
        if made is not None and made[0] == os.getpid():
            if rested:
                made[1].close()
            return made[1]
        # A fork may have copied the lock while it was held, so it is not waited for forever. To
        # make two clients costs time and nothing else.
        locked = self._making.acquire(timeout=ANSWER_SECONDS)
        try:
            made = self._made
            if made is None or made[0] != os.getpid():
                _inherited.append(made)
                made = self._made = (os.getpid(), self._make())
            return made[1]
        finally:
            if locked:
                self._making.release()

    def _make(self) -> Any:
        connect, answer = CONNECT_SECONDS, ANSWER_SECONDS
        if self._timeout is not None:
            connect = self._timeout * _CONNECTING_SHARE
            answer = self._timeout * _ANSWER_SHARE
        return boto3.session.Session().client(
            "dynamodb",
            region_name=self._region,
            endpoint_url=self._endpoint,
            config=Config(
                connect_timeout=connect,
                read_timeout=answer,
                retries={"mode": "standard", "total_max_attempts": 1},
                max_pool_connections=_CONNECTIONS,
                tcp_keepalive=True,
            ),
        )


def wait(seconds: float) -> None:
    """Return after so many seconds."""
    threading.Event().wait(seconds)


def _pauses(timeout: float | None) -> tuple[float, ...]:
    """As many of the pauses, from the first on, as a time-out has room for."""
    if timeout is None:
        return PAUSES
    room = timeout * _CONNECTING_SHARE
    return tuple(
        pause for pause, so_far in zip(PAUSES, accumulate(PAUSES), strict=True) if so_far <= room
    )


def _until_done(
    ask: Callable[[list[Answer]], list[Answer]], parts: list[Answer], pauses: tuple[float, ...]
) -> None:
    """Ask for what is left until nothing is; pause where nothing was done, a few times."""
    still = iter(pauses)
    while parts:
        left = ask(parts)
        if len(left) >= len(parts):
            pause = next(still, None)
            if pause is None:
                raise TableFailed(
                    f"did nothing of what was asked {len(pauses) + 1} times in a row. Give the "
                    f"table more capacity, or capacity on demand"
                )
            wait(pause)
        parts = left
