"""In place of boto3's client: one that gives the answers that a test wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cookie_sessions.stores import dynamodb_set_up, dynamodb_table

THROTTLED = "ProvisionedThroughputExceededException"

Answer = dict[str, Any] | str | Exception
"""What a call returns, the code of the service's error, or the client's own error."""


class StubbedClient:
    """In place of boto3's client: what it is asked, and answers that dynalite never gives."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = list(answers)

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def answer(**arguments: Any) -> dict[str, Any]:
            self.asked.append((operation, arguments))
            given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            if isinstance(given, str):
                raise ClientError({"Error": {"Code": given, "Message": "secret"}}, operation)
            if isinstance(given, Exception):
                raise given
            return given

        return answer


def stubbed(monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> StubbedClient:
    """Have all stores ask a stub from now on, without pauses that a test waits for."""
    client = StubbedClient(*answers)
    monkeypatch.setattr(dynamodb_table.DynamoDBTable, "_make", lambda _: client)
    for module in (dynamodb_table, dynamodb_set_up):
        monkeypatch.setattr(module, "wait", lambda _: None)
    return client
