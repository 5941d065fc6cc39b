"""What can go wrong with a DynamoDB table, in words; and whether its client is installed at all."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Final

from cookie_sessions.errors import ConfigurationError

try:
    from botocore.exceptions import (
        ConnectTimeoutError,
        NoCredentialsError,
        PartialCredentialsError,
        ReadTimeoutError,
    )

    import_module("boto3.session")
except ImportError as error:
    raise ConfigurationError(
        f"A store of DynamoDB needs the package boto3, which can't be imported ({error}). "
        'Type: pip install "cookie-sessions[aws]"'
    ) from error

NOT_DONE: Final = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}
"""The service refuses with these before it does anything, so even a conditional write may be sent
again after them."""

_CODE: Final = re.compile(r"[A-Za-z]{1,60}")
_NOT_ALLOWED: Final = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}


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


def refusal(code: str, *, times: int) -> Exception:
    """What an error that the service answered with means.

    Args:
        code: its own name for it.
        times: how often it was asked, if it is asked again after this error.
    """
    code = code if _CODE.fullmatch(code) else "an error without a name"
    if code == "ConditionalCheckFailedException":
        return ConditionFailed()
    if code in NOT_DONE:
        told = (
            f"was told to slow down {times} times ({code}). Give the table more "
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


def outage(error: Exception) -> TableFailed:
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
