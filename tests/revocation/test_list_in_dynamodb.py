"""A list of ended sessions in a table of a server that speaks DynamoDB: the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.contract import patient
from tests.stores.dynamodb_backend import Dynalite, nobodys_credentials
from tests.stores.moving_clock import moving_clock

from .contract import LastingContract, ListContract, SharedListContract

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dynalite]:
    folder = tmp_path_factory.mktemp("dynalite")
    with (
        nobodys_credentials(folder),
        moving_clock() as standing,
        Dynalite(folder, standing).running() as server,
    ):
        yield server


@patient
class TestListInDynamoDB(ListContract):
    pass


@patient
class TestLastingInDynamoDB(LastingContract):
    pass


@patient
class TestSharingInDynamoDB(SharedListContract):
    pass
