"""A list of ended sessions in memory: the whole contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.moving_clock import moving_clock
from tests.stores.test_memory import Memory

from .contract import LastingContract, ListContract


@pytest.fixture(scope="module")
def backend() -> Iterator[Memory]:
    with moving_clock() as standing:
        yield Memory(standing)


class TestListInMemory(ListContract):
    pass


class TestLastingInMemory(LastingContract):
    pass
