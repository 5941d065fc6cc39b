"""One DynamoDB table, and the client that this process asks it with."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from typing import Any, Final

from cookie_sessions.errors import ConfigurationError

try:
    import boto3.session
    from botocore.config import Config
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        HTTPClientError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
        ReadTimeoutError,
    )
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import ClosedPoolError
except ImportError:
    raise ConfigurationError(
        "A store of DynamoDB needs the package boto3, which is not installed. "
        'Type: pip install "cookie-sessions[aws]"'
    ) from None

CONNECT_SECONDS: Final = 1.0
"""How long the making of a connection may take, for each address that the endpoint has."""

ANSWER_SECONDS: Final = 2.0
"""How long the service may be silent."""

PAUSES: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between the attempts at what the service says it has not done."""

Answer = dict[str, Any]

_CONNECTIONS: Final = 64
_CODE: Final = re.compile(r"[A-Za-z]{1,60}")
# The service refuses with these before it does anything, so even a conditional write may be sent
# again after them.
_NOT_DONE: Final = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}
_NOT_ALLOWED: Final = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}
# What boto3 raises where an answer is well-formed JSON of another form than it expects.
_OF_A_PARSER: Final = (AttributeError, LookupError, TypeError, ValueError)
# What a fork inherited is kept as it is: to close it could wait for a lock that was held, in the
# parent, by a thread that this process does not have.
_inherited: Final[list[Any]] = []


class TableFailed(Exception):
    """The service did not do what it was asked. The text says why, and holds nothing of an item.

    Attributes:
        code: the service's own name for it, or empty.
    """

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class ConditionFailed(Exception):
    """A conditional write found its condition unmet, and wrote nothing."""


class DynamoDBTable:
    """A table, asked on as many connections as threads ask at once; a fork begins with none.

    Credentials come from where boto3 looks for them, and are first looked for when something is
    asked.

    Args:
        name: the table's name.
        region: the region, or None for the one that boto3 finds.
        endpoint: the URL of the service, or None for AWS.
    """

    def __init__(self, name: str, *, region: str | None, endpoint: str | None) -> None:
        self.name = name
        self._region = region
        self._endpoint = endpoint
        self._made: tuple[int, Any] | None = None
        self._making = threading.Lock()

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
        for pause in PAUSES:
            try:
                return self._answer(operation, arguments)
            except TableFailed as failure:
                if failure.code not in _NOT_DONE:
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

        _until_done(read, keys)
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

        _until_done(write, requests)

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
            failure = _refusal(str(error.response.get("Error", {}).get("Code", "")))
        except NoRegionError:
            failure = ConfigurationError(
                f"dynamodb:{self.name}: no region is known. Name it in the URL (?region=eu-west-1) "
                f"or in the environment variable AWS_REGION."
            )
        except (BotoCoreError, ResponseParserError, OSError, *_OF_A_PARSER) as error:
            failure = _outage(error)
        raise failure

    def _client(self) -> Any:
        made = self._made
        if made is not None and made[0] == os.getpid():
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
        return boto3.session.Session().client(
            "dynamodb",
            region_name=self._region,
            endpoint_url=self._endpoint,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=ANSWER_SECONDS,
                retries={"mode": "standard", "total_max_attempts": 1},
                max_pool_connections=_CONNECTIONS,
                tcp_keepalive=True,
            ),
        )


def wait(seconds: float) -> None:
    """Return after so many seconds."""
    threading.Event().wait(seconds)


def _until_done(ask: Callable[[list[Answer]], list[Answer]], parts: list[Answer]) -> None:
    """Ask for what is left until nothing is; pause where nothing was done, a few times."""
    pauses = iter(PAUSES)
    while parts:
        left = ask(parts)
        if len(left) >= len(parts):
            pause = next(pauses, None)
            if pause is None:
                raise TableFailed(
                    f"did nothing of what was asked {len(PAUSES) + 1} times in a row. Give the "
                    f"table more capacity, or capacity on demand"
                )
            wait(pause)
        parts = left


def _refusal(code: str) -> Exception:
    """What an error that the service answered with means."""
    code = code if _CODE.fullmatch(code) else "an error without a name"
    if code == "ConditionalCheckFailedException":
        return ConditionFailed()
    if code in _NOT_DONE:
        told = (
            f"was told to slow down {len(PAUSES) + 1} times ({code}). Give the table more "
            f"capacity, or capacity on demand"
        )
    elif code in _NOT_ALLOWED:
        told = (
            f"was refused by the service ({code}). Give it credentials that are good still, and "
            f"the permissions on the page of stores"
        )
    elif code == "ResourceNotFoundException":
        told = "has no table in this region. Create it: DynamoDBStore(URL).create_table()"
    elif code == "ValidationException":
        told = (
            f"was told that its requests do not fit the table ({code}). The table's key must be "
            f"one string named name: let create_table() make it"
        )
    else:
        told = f"was answered with {code} by the service. Look at its health, and try again"
    return TableFailed(told, code=code)


def _outage(error: Exception) -> TableFailed:
    """What an error that is not the service's answer means."""
    match error:
        case ReadTimeoutError() | ConnectTimeoutError():
            told = "got no answer in time from the service. See that this machine reaches it"
        case NoCredentialsError() | PartialCredentialsError():
            told = "has no credentials. Give it a role, or AWS_ACCESS_KEY_ID and its secret"
        case _:
            told = (
                f"could not ask the service ({type(error).__name__}). See that this machine "
                f"reaches it"
            )
    return TableFailed(told)
