"""Where a DynamoDB table is: its URL, read once."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.dynamodb_table import DynamoDBTable
from cookie_sessions.stores.entry import DEFAULT_PREFIX, MAX_PREFIX_OCTETS, is_name

_TABLE: Final = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_ENDPOINT: Final = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?")


def table_and_prefix(url: str, *, timeout: float | None) -> tuple[DynamoDBTable, str]:
    """The table, and what stands before all names.

    Args:
        url: ``dynamodb:TABLE?region=&endpoint=&prefix=``.
        timeout: seconds for one call, or None.

    Raises:
        ConfigurationError: it is not of this form. The message shows the form and nothing of the
            URL.
    """
    address, _, query = url.partition("?")
    scheme, _, table = address.partition(":")
    options = dict(parse_qsl(query, keep_blank_values=True))
    prefix = options.pop("prefix", DEFAULT_PREFIX)
    region = options.pop("region", "") or None
    endpoint = options.pop("endpoint", "") or None
    fits = (
        scheme.lower() == "dynamodb"
        and _TABLE.fullmatch(table)
        and (region is None or _REGION.fullmatch(region))
        and (endpoint is None or _ENDPOINT.fullmatch(endpoint))
        and is_name(prefix, max_octets=MAX_PREFIX_OCTETS)
        and not options
    )
    if not fits:
        raise ConfigurationError(
            "The URL of a store of DynamoDB is not of its form (its text is not repeated here, as "
            "it may hold a password). Write dynamodb:TABLE?region=eu-west-1&prefix=shop: with a "
            f"prefix of at most {MAX_PREFIX_OCTETS} letters, digits and the marks . : _ - and, for "
            "another service than AWS, &endpoint=http://host:port; credentials are no part of it."
        )
    return DynamoDBTable(table, region=region, endpoint=endpoint, timeout=timeout), prefix
