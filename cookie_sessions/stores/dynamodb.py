"""Entries in a table of Amazon DynamoDB: shared, lasting, and without a server of one's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from cookie_sessions import clock
from cookie_sessions.stores.dynamodb_item import end_of, has_come, living, name_of, now, number
from cookie_sessions.stores.dynamodb_outage import ConditionFailed, TableFailed
from cookie_sessions.stores.dynamodb_set_up import create_table
from cookie_sessions.stores.dynamodb_table import Answer
from cookie_sessions.stores.dynamodb_url import table_and_prefix
from cookie_sessions.stores.entry import (
    checked_name,
    checked_names,
    checked_scan,
    checked_value,
    end_second,
)
from cookie_sessions.stores.outage import outages
from cookie_sessions.stores.time_out import checked_timeout

MAX_OCTETS: Final = 400_000
"""An item is at most 400 KiB, together with its key and the names of its attributes."""

_READ_AT_ONCE: Final = 100
_WRITTEN_AT_ONCE: Final = 25
_OCTETS_AT_ONCE: Final = 4_000_000
_PAGE: Final = 500
# NAME and VALUE are reserved words of expressions.
_NAME: Final = {"#name": "name"}
_VALUE: Final = {"#value": "value"}
_ENDS: Final = {"#ends": "ends"}
_ENDED: Final = "#ends <= :now"

_T = TypeVar("_T")

_outages = outages(TableFailed, tell=str)


class DynamoDBStore:
    """Keeps entries as items of one table: ``name`` (its key), ``value`` and ``ends``.

    Reads are consistent and writes that depend on something are conditional, so what one process
    has written every other one sees. The service deletes what has ended up to days later, by the
    attribute ``ends``, and answers with it until then: this process's clock decides what is absent.

    What the service did not do, because the table's capacity is used up or an answer grew too long,
    is asked for again at most five times in under a second, then Unavailable. A call without an
    answer is never repeated. Moving an end is one call for each name, and the service charges it
    like a write of the whole item.

    Args:
        url: ``dynamodb:TABLE?region=&endpoint=&prefix=``; all options may be left out.
        timeout: seconds that one call may wait for a service that does not answer: a quarter of it
            for each step of connecting (an address, the handshake of TLS), three quarters for the
            answer, and what is throttled is asked again within a quarter. It counts anew with each
            item or portion that was answered. The first call also makes the client and finds
            credentials, which comes on top. None: 1 to connect and 2 for the answer.

    Raises:
        ConfigurationError: the URL is none of this form, the time-out is not above 0 and at most
            60, or boto3 is missing.
    """

    evicts = False
    scans = True
    shared = True
    max_octets = MAX_OCTETS

    def __init__(self, url: str, *, timeout: float | None = None) -> None:
        self._table, self._prefix = table_and_prefix(url, timeout=checked_timeout(timeout))
        self.name = f"dynamodb:{self._table.name}"

    def __repr__(self) -> str:
        return f"<DynamoDBStore {self.name}>"

    @_outages
    def get(self, name: str) -> bytes | None:
        """As :meth:`ExpiringStore.get`."""
        answer = self._table.ask("get_item", Key=self._key(checked_name(name)), ConsistentRead=True)
        return living(answer.get("Item"))

    @_outages
    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """As :meth:`ExpiringStore.get_many`: one round trip for 100 names or 16 MB."""
        values = {}
        for keys in _parts([self._key(name) for name in checked_names(names)], _READ_AT_ONCE):
            for item in self._table.read_all(keys):
                value = living(item)
                if value is not None:
                    values[self._name(item)] = value
        return values

    @_outages
    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """As :meth:`ExpiringStore.put`."""
        item = self._item(name, value, ends)
        if has_come(ends):
            self._table.ask("delete_item", Key=self._key(name))
        else:
            self._table.ask("put_item", Item=item)

    @_outages
    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        """As :meth:`ExpiringStore.put_many`: one round trip for 25 names, or less for long ones."""
        items = [self._item(name, value, ends) for name, value in values.items()]
        if has_come(ends):
            self._delete_all(list(values))
            return
        longest = max((len(value) for value in values.values()), default=0)
        at_once = min(_WRITTEN_AT_ONCE, _OCTETS_AT_ONCE // (longest + 1))
        for some in _parts(items, at_once):
            self._table.write_all([{"PutRequest": {"Item": item}} for item in some])

    @_outages
    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """As :meth:`ExpiringStore.add`."""
        item = self._item(name, value, ends)
        return not has_come(ends) and self._if(
            "put_item",
            f"attribute_not_exists(#name) OR {_ENDED}",
            Item=item,
            ExpressionAttributeNames=_NAME | _ENDS,
            ExpressionAttributeValues={":now": now()},
        )

    @_outages
    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        """As :meth:`ExpiringStore.replace`."""
        item = self._item(name, value, ends)
        goes = has_come(ends)
        return self._if(
            "delete_item" if goes else "put_item",
            "#value = :expected AND #ends > :now",
            **({"Key": self._key(name)} if goes else {"Item": item}),
            ExpressionAttributeNames=_VALUE | _ENDS,
            ExpressionAttributeValues={":expected": {"B": expected}, ":now": now()},
        )

    @_outages
    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        """As :meth:`ExpiringStore.extend`: one round trip for each name, two where none moves."""
        end = end_second(ends)
        return {name for name in checked_names(names) if self._extended(name, end)}

    @_outages
    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        """As :meth:`ExpiringStore.shorten`: one round trip for each name."""
        end = end_second(ends)
        if has_come(ends):
            # An end long past would stay for good: the service deletes none older than five years.
            self._delete_all(checked_names(names))
            return
        for name in checked_names(names):
            self._set_end(name, end, "#ends > :end", {":end": number(end)})

    @_outages
    def delete(self, names: Iterable[str]) -> None:
        """As :meth:`ExpiringStore.delete`: one round trip for 25 names."""
        self._delete_all(checked_names(names))

    def scan(self, prefix: str) -> Iterator[list[str]]:
        """As :meth:`ExpiringStore.scan`, by reading the whole table, values and all.

        A page is of 500 items at most, of whoever; the service charges for all that lies in the
        table, so give it a table of its own, and scan seldom.
        """
        return self._pages(self._prefix + checked_scan(prefix))

    @_outages
    def sweep(self) -> int:
        """As :meth:`ExpiringStore.sweep`, by reading the whole table and deleting one by one.

        The service does it too, within days and free of charge, where its time to live is on. What
        ended a moment ago may be left, as these reads are not consistent, at half the price.
        """
        swept = 0
        start: Answer = {}
        while True:
            page, start = self._page(self._prefix, _ENDED, start, consistent=False)
            swept += sum(self._removed_if_ended(name) for name in page)
            if not start:
                return swept

    def close(self) -> None:
        """As :meth:`ExpiringStore.close`."""
        self._table.close()

    @_outages
    def create_table(self, *, time_to_live: bool = True) -> None:
        """Make the table, where it is missing, and have the service delete what has ended.

        For set-up, with credentials that may do more than those of the application: CreateTable,
        DescribeTable, DescribeTimeToLive and UpdateTimeToLive. The table is charged on demand.
        Takes up to a minute.

        Args:
            time_to_live: False leaves deletion alone, for servers that don't know the operation.

        Raises:
            ConfigurationError: there is a table of this name with another key.
            Unavailable: the service did not do it, or not within a minute.
        """
        create_table(self._table, time_to_live=time_to_live)

    def _key(self, name: str) -> Answer:
        return {"name": {"S": self._prefix + name}}

    def _name(self, item: Answer) -> str:
        return name_of(item)[len(self._prefix) :]

    def _item(self, name: str, value: bytes, ends: float) -> Answer:
        """An item, if all of it may be kept."""
        return self._key(checked_name(name)) | {
            "value": {"B": checked_value(value, max_octets=MAX_OCTETS)},
            "ends": number(end_second(ends)),
        }

    def _if(self, operation: str, condition: str, **arguments: Any) -> bool:
        """Whether a write was done, which depends on a condition."""
        try:
            self._table.ask(operation, ConditionExpression=condition, **arguments)
        except ConditionFailed:
            return False
        return True

    def _set_end(self, name: str, end: int, condition: str, values: Answer) -> bool:
        return self._if(
            "update_item",
            condition,
            Key=self._key(name),
            UpdateExpression="SET #ends = :end",
            ExpressionAttributeNames=_ENDS,
            ExpressionAttributeValues=values,
        )

    def _removed_if_ended(self, name: str) -> bool:
        return self._if(
            "delete_item",
            _ENDED,
            Key=self._key(name),
            ExpressionAttributeNames=_ENDS,
            ExpressionAttributeValues={":now": now()},
        )

    def _extended(self, name: str, end: int) -> bool:
        values = {":end": number(end), ":now": now()}
        if self._set_end(name, end, "#ends > :now AND #ends < :end", values):
            return True
        found = self._table.ask(
            "get_item",
            Key=self._key(name),
            ConsistentRead=True,
            ProjectionExpression="#ends",
            ExpressionAttributeNames=_ENDS,
        ).get("Item")
        return found is not None and end_of(found) >= max(end, math.floor(clock.now()) + 1)

    def _delete_all(self, names: list[str]) -> None:
        for some in _parts(names, _WRITTEN_AT_ONCE):
            self._table.write_all([{"DeleteRequest": {"Key": self._key(name)}} for name in some])

    def _pages(self, beginning: str) -> Iterator[list[str]]:
        start: Answer = {}
        while True:
            page, start = self._living_page(beginning, start)
            yield page
            if not start:
                return

    @_outages
    def _living_page(self, beginning: str, start: Answer) -> tuple[list[str], Answer]:
        return self._page(beginning, "#ends > :now", start, consistent=True)

    def _page(
        self, beginning: str, condition: str, start: Answer, *, consistent: bool
    ) -> tuple[list[str], Answer]:
        """The names in one page of the table, and where the next one starts, if there is one."""
        answer = self._table.ask(
            "scan",
            ConsistentRead=consistent,
            Limit=_PAGE,
            ProjectionExpression="#name",
            FilterExpression=f"begins_with(#name, :beginning) AND {condition}",
            ExpressionAttributeNames=_NAME | _ENDS,
            ExpressionAttributeValues={":beginning": {"S": beginning}, ":now": now()},
            **({"ExclusiveStartKey": start} if start else {}),
        )
        names = [self._name(item) for item in answer.get("Items", [])]
        return names, answer.get("LastEvaluatedKey", {})


def _parts(things: list[_T], at_most: int) -> Iterator[list[_T]]:
    for start in range(0, len(things), at_most):
        yield things[start : start + at_most]
