"""What --types may name: one registered type, or several."""

from __future__ import annotations

import pytest

from cookie_sessions.cli.inspect.types import Unregistered, types_of
from tests.cli.inspect.world import TYPES

ONE = TYPES[0]


@pytest.mark.parametrize("attribute", ["ONE", "TYPES"])
def test_one_type_or_a_list_of_them(attribute: str) -> None:
    assert types_of(f"{__name__}:{attribute}") == (ONE,)


def test_a_value_of_a_type_that_is_not_known_shows_what_it_was_packed_from() -> None:
    value = Unregistered("mon\x1bey", [500])
    assert repr([value]) == "[<registered type mon?ey: [500]>]"
    assert value == Unregistered("mon\x1bey", [500])
    assert value != Unregistered("mon\x1bey", [501])
    assert value != [500]
