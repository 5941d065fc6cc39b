"""Making a DynamoDB table, once, before anything is kept in it."""

from __future__ import annotations

from typing import Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.dynamodb_outage import TableFailed
from cookie_sessions.stores.dynamodb_table import Answer, DynamoDBTable, wait

_SECONDS: Final = 60
_KEY: Final = [{"AttributeName": "name", "KeyType": "HASH"}]
_END: Final = "ends"


def create_table(table: DynamoDBTable, *, time_to_live: bool) -> None:
    """Make a table where it is missing, charged on demand; a second call changes nothing.

    Args:
        table: the table.
        time_to_live: whether the service is to delete what has ended.

    Raises:
        ConfigurationError: there is a table of this name with another key or time to live.
        TableFailed: the service did not do it, or not within a minute.
    """
    try:
        table.ask(
            "create_table",
            KeySchema=_KEY,
            AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    except TableFailed as failure:
        if failure.code != "ResourceInUseException":
            raise
    made = _active(table)
    types = [one["AttributeType"] for one in made["AttributeDefinitions"]]
    if made["KeySchema"] != _KEY or types != ["S"]:
        raise ConfigurationError(
            f"dynamodb:{table.name}: there is a table of this name, and its key is not one string "
            f"named name. Give the store a table of its own."
        )
    if time_to_live:
        _have_ended_deleted(table)


def _active(table: DynamoDBTable) -> Answer:
    """The table's description, once it can be used."""
    for _ in range(_SECONDS):
        try:
            described: Answer = table.ask("describe_table")["Table"]
            if described["TableStatus"] in ("ACTIVE", "UPDATING"):
                return described
        except TableFailed as failure:
            # The service may not know yet what it was told a moment ago.
            if failure.code != "ResourceNotFoundException":
                raise
        wait(1)
    raise TableFailed(f"was not made within {_SECONDS} seconds. Ask for it again")


def _have_ended_deleted(table: DynamoDBTable) -> None:
    present = table.ask("describe_time_to_live")["TimeToLiveDescription"]
    if present["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"):
        table.ask(
            "update_time_to_live",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": _END},
        )
    elif present["AttributeName"] != _END:
        raise ConfigurationError(
            f"dynamodb:{table.name}: the table's time to live goes by another attribute than "
            f"{_END}. Give the store a table of its own."
        )
