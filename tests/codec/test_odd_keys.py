"""Subclasses: as keys that a session can't restore as they were, and as values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cookie_sessions.codec import Codec
from cookie_sessions.errors import UsageError


class Row(list[int]):
    __hash__ = object.__hash__  # type: ignore[assignment]


class Record(dict[str, int]):
    __hash__ = object.__hash__  # type: ignore[assignment]


class Price(Decimal):
    """A number of the application's own kind."""


@pytest.mark.parametrize("key", [Row([1]), Record(a=1), (Row([1]),), frozenset({Record()})])
def test_a_list_or_dict_with_a_hash_of_its_own_is_refused_inside_a_key(key: Any) -> None:
    for value in ({key: 1}, {key}, frozenset({key})):
        with pytest.raises(UsageError, match="inside a key or a set"):
            Codec().pack(value)


def test_a_decimal_of_a_kind_of_its_own_becomes_a_decimal() -> None:
    assert Codec().pack(Price("9.90")) == Codec().pack(Decimal("9.90"))
