"""A list of ended sessions in Redis: the contract, against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.contract import patient
from tests.stores.test_redis import OneServer

from .contract import ListContract, SharedListContract

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneServer]:
    one = OneServer(tmp_path_factory.mktemp("redis"))
    yield one
    one.stop()


@patient
class TestListInRedis(ListContract):
    pass


@patient
class TestSharingInRedis(SharedListContract):
    pass
