"""A list of ended sessions in a SQLite file: the whole contract, by several processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.contract import patient
from tests.stores.moving_clock import moving_clock
from tests.stores.test_sqlite import OneFile

from .contract import LastingContract, ListContract, SharedListContract


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneFile]:
    with moving_clock() as standing:
        yield OneFile(tmp_path_factory.mktemp("list") / "entries.db", standing)


@patient
class TestListInSQLite(ListContract):
    pass


@patient
class TestLastingInSQLite(LastingContract):
    pass


@patient
class TestSharingInSQLite(SharedListContract):
    pass
