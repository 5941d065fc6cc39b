"""What --types may name: one registered type, or several."""

from __future__ import annotations

import pytest

from cookie_sessions.cli.inspect.types import types_of
from tests.cli.inspect.world import TYPES

ONE = TYPES[0]


@pytest.mark.parametrize("attribute", ["ONE", "TYPES"])
def test_one_type_or_a_list_of_them(attribute: str) -> None:
    assert types_of(f"{__name__}:{attribute}") == (ONE,)
