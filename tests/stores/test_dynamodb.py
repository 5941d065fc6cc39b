"""Entries in a table of a real server that speaks DynamoDB: the contract, and what is its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3.session
import pytest

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.stores.dynamodb import MAX_OCTETS, DynamoDBStore
from cookie_sessions.stores.entry import MAX_END, MAX_NAME_OCTETS, MAX_PREFIX_OCTETS

from .contract import OutageContract, ScanContract, SharedContract, StoreContract, patient
from .contract_sweep import CountedSweepContract
from .contract_time import TimeOutContract
from .dynamodb_backend import Dynalite, nobodys_credentials
from .moving_clock import MovingClock, moving_clock

pytestmark = pytest.mark.once

HOUR = 3600


@pytest.fixture(scope="module")
def standing() -> Iterator[MovingClock]:
    with moving_clock() as standing:
        yield standing


@pytest.fixture(scope="module", autouse=True)
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with nobodys_credentials(tmp_path_factory.mktemp("aws")):
        yield


@pytest.fixture(scope="module")
def backend(standing: MovingClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dynalite]:
    with Dynalite(tmp_path_factory.mktemp("dynalite"), standing).running() as server:
        yield server


@pytest.fixture
def store(backend: Dynalite) -> Iterator[DynamoDBStore]:
    with closing(backend.open()) as store:
        yield store


@patient
class TestDynamoDB(StoreContract):
    pass


@patient
class TestDynamoDBScans(ScanContract):
    pass


@patient
class TestDynamoDBShared(SharedContract):
    pass


class TestDynamoDBOutage(OutageContract):
    pass


class TestDynamoDBInTime(TimeOutContract):
    pass


@patient
class TestDynamoDBSweeps(CountedSweepContract):
    pass


def an_hour() -> float:
    return clock.now() + HOUR


def plain_client(backend: Dynalite) -> Any:
    return boto3.session.Session().client(
        "dynamodb", region_name="eu-west-1", endpoint_url=backend.endpoint
    )


def test_an_entry_is_an_item_of_three_attributes(backend: Dynalite, store: DynamoDBStore) -> None:
    store.put("a", b"one", ends=1_999_999_999.5)
    client = plain_client(backend)
    key = {"name": {"S": "cookie_sessions:a"}}
    item = client.get_item(TableName="sessions", Key=key)["Item"]
    assert item == {**key, "value": {"B": b"one"}, "ends": {"N": "2000000000"}}


def test_items_that_have_ended_and_are_still_returned_are_absent(
    backend: Dynalite, store: DynamoDBStore, standing: MovingClock
) -> None:
    end = int(clock.now()) + 5
    store.put("late", b"one", ends=end)
    standing.wait_until(end)
    key = {"name": {"S": "cookie_sessions:late"}}
    client = plain_client(backend)
    assert client.get_item(TableName="sessions", Key=key)["Item"]["value"] == {"B": b"one"}
    assert store.get("late") is None
    assert store.get_many(["late"]) == {}
    assert store.extend(["late"], ends=an_hour()) == set()
    assert not store.replace("late", b"two", expected=b"one", ends=an_hour())
    assert "late" not in {name for page in store.scan("") for name in page}
    assert store.add("late", b"two", ends=an_hour())


def test_the_longest_name_and_value_fit_an_item(backend: Dynalite) -> None:
    with closing(DynamoDBStore(f"{backend.url}&prefix={'p' * MAX_PREFIX_OCTETS}")) as store:
        name = "n" * MAX_NAME_OCTETS
        store.put(name, bytes(MAX_OCTETS), ends=MAX_END)
        assert store.get(name) == bytes(MAX_OCTETS)


@patient
def test_long_values_are_written_and_read_in_several_steps(store: DynamoDBStore) -> None:
    values = {f"long{number}": bytes([number]) * MAX_OCTETS for number in range(12)}
    store.put_many(values, ends=an_hour())
    assert store.get_many(values) == values
    store.delete(values)


def test_stores_of_different_prefixes_share_a_table(
    backend: Dynalite, store: DynamoDBStore
) -> None:
    with closing(DynamoDBStore(f"{backend.url}&prefix=cookie")) as bare:
        store.put("shared", b"one", ends=an_hour())
        assert bare.get("shared") is None
        assert bare.get("_sessions:shared") == b"one"
        bare.put("bare", b"two", ends=an_hour())
        assert "shared" in {name for page in store.scan("") for name in page}
        assert "bare" not in {name for page in store.scan("") for name in page}
        assert "bare" in {name for page in bare.scan("") for name in page}


def test_a_table_is_made_once(store: DynamoDBStore) -> None:
    store.put("made", b"one", ends=an_hour())
    store.create_table(time_to_live=False)
    assert store.get("made") == b"one"


def test_a_table_with_another_key_is_an_error_of_the_configuration(backend: Dynalite) -> None:
    plain_client(backend).create_table(
        TableName="others",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with closing(DynamoDBStore(backend.url.replace("sessions", "others"))) as store:
        with pytest.raises(ConfigurationError, match="key is not one string"):
            store.create_table(time_to_live=False)
        with pytest.raises(Unavailable, match="fit the table"):
            store.get("a")


def test_a_missing_table_is_unavailable_and_says_how_to_make_it(backend: Dynalite) -> None:
    with (
        closing(DynamoDBStore(backend.url.replace("sessions", "nothing"))) as store,
        pytest.raises(Unavailable, match=r"create_table\(\)"),
    ):
        store.get("a")


@pytest.mark.parametrize(
    "item",
    [
        {"name": {"S": "cookie_sessions:a"}},
        {"name": {"S": "cookie_sessions:a"}, "ends": {"S": "soon"}, "value": {"B": b""}},
        {"name": {"S": "cookie_sessions:a"}, "ends": {"N": "4000000000"}, "value": {"S": "secret"}},
        {"name": {"S": "cookie_sessions:a"}, "ends": {"N": "4000000000"}},
    ],
)
def test_an_item_that_others_wrote_is_unavailable(
    backend: Dynalite, store: DynamoDBStore, item: dict[str, Any]
) -> None:
    plain_client(backend).put_item(TableName="sessions", Item=item)
    for call in (lambda: store.get("a"), lambda: store.get_many(["a"])):
        with pytest.raises(Unavailable, match="did not write") as told:
            call()
        assert "secret" not in str(told.value)
    store.put("a", b"ours", ends=an_hour())
    assert store.get("a") == b"ours"


def test_no_credentials_are_unavailable(backend: Dynalite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Unavailable, match="has no credentials"):
        backend.open().get("a")


def test_what_is_extended_between_the_finding_and_the_removing_stays(
    backend: Dynalite,
    store: DynamoDBStore,
    standing: MovingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.sweep()
    end = clock.now() + 5
    store.put_many(dict.fromkeys(["back", "gone", "ends"], b"one"), ends=end)
    standing.wait_until(end + 1)
    ask = store._table.ask

    def ask_and_interfere(operation: str, **arguments: Any) -> dict[str, Any]:
        answer = ask(operation, **arguments)
        if operation == "scan":
            with closing(backend.open()) as other:
                assert other.add("back", b"again", ends=an_hour())
                other.delete(["gone"])
        return answer

    monkeypatch.setattr(store._table, "ask", ask_and_interfere)
    assert store.sweep() == 1
    assert store.get_many(["back", "gone", "ends"]) == {"back": b"again"}


def test_a_sweep_leaves_what_has_another_prefix(
    backend: Dynalite, store: DynamoDBStore, standing: MovingClock
) -> None:
    with closing(DynamoDBStore(f"{backend.url}&prefix=swept:")) as other:
        store.sweep()
        end = clock.now() + 5
        store.put("ends", b"one", ends=end)
        other.put("ends", b"one", ends=end)
        standing.wait_until(end + 1)
        assert other.sweep() == 1
        assert store.sweep() == 1
