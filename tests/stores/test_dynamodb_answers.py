"""What a store makes of answers of DynamoDB that the server of the other tests never gives."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, HTTPClientError
from urllib3.exceptions import ClosedPoolError

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.stores import dynamodb_table
from cookie_sessions.stores.dynamodb import DynamoDBStore
from cookie_sessions.stores.entry import MAX_PREFIX_OCTETS
from cookie_sessions.stores.url import store_from_url

from .dynamodb_backend import nobodys_credentials
from .dynamodb_stub import THROTTLED, stubbed

HOUR = 3600
STORES = "cookie_sessions.stores"
TABLE = {
    "Table": {
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}],
    }
}


@pytest.fixture(scope="module", autouse=True)
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with nobodys_credentials(tmp_path_factory.mktemp("aws")):
        yield


def an_hour() -> float:
    return clock.now() + HOUR


@pytest.mark.parametrize(
    ("present", "enabled"), [("DISABLED", True), ("ENABLING", False), ("ENABLED", False)]
)
def test_the_service_of_a_stubbed_client_is_told_to_delete_what_has_ended(
    monkeypatch: pytest.MonkeyPatch, present: str, enabled: bool
) -> None:
    time_to_live = {"TimeToLiveStatus": present, "AttributeName": "ends"}
    creating = {"Table": {**TABLE["Table"], "TableStatus": "CREATING"}}
    client = stubbed(
        monkeypatch,
        *({}, "ResourceNotFoundException", creating, TABLE),
        *({"TimeToLiveDescription": time_to_live}, {}),
    )
    DynamoDBStore("dynamodb:sessions").create_table()
    told = [arguments for operation, arguments in client.asked if operation.startswith("update")]
    specification = {"Enabled": True, "AttributeName": "ends"}
    wanted = {"TableName": "sessions", "TimeToLiveSpecification": specification}
    assert told == ([wanted] if enabled else [])


def test_a_stubbed_table_that_deletes_by_another_attribute_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time_to_live = {"TimeToLiveStatus": "ENABLED", "AttributeName": "other"}
    stubbed(monkeypatch, {}, TABLE, {"TimeToLiveDescription": time_to_live})
    with pytest.raises(ConfigurationError, match="another attribute"):
        DynamoDBStore("dynamodb:sessions").create_table()


def test_a_table_that_a_stubbed_client_never_sees_made_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stubbed(monkeypatch, {}, "ResourceNotFoundException")
    with pytest.raises(Unavailable, match="within 60 seconds"):
        DynamoDBStore("dynamodb:sessions").create_table()


def item_of(name: str) -> dict[str, Any]:
    end = str(int(an_hour()))
    return {"name": {"S": f"cookie_sessions:{name}"}, "value": {"B": b"one"}, "ends": {"N": end}}


def test_keys_that_a_stubbed_client_leaves_unread_are_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = {"UnprocessedKeys": {"sessions": {"Keys": [{"name": {"S": "cookie_sessions:b"}}]}}}
    client = stubbed(
        monkeypatch,
        {"Responses": {"sessions": [item_of("a")]}, **left},
        {"Responses": {}, **left},
        {"Responses": {"sessions": [item_of("b")]}, "UnprocessedKeys": {}},
    )
    store = DynamoDBStore("dynamodb:sessions")
    assert store.get_many(["a", "b"]) == {"a": b"one", "b": b"one"}
    asked = [arguments["RequestItems"]["sessions"] for _, arguments in client.asked]
    assert [len(one["Keys"]) for one in asked] == [2, 1, 1]
    assert all(one["ConsistentRead"] for one in asked)


def test_items_that_a_stubbed_client_leaves_unwritten_are_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = {"UnprocessedItems": {"sessions": [{"PutRequest": {"Item": item_of("b")}}]}}
    client = stubbed(monkeypatch, left, left, {"UnprocessedItems": {}})
    DynamoDBStore("dynamodb:sessions").put_many({"a": b"one", "b": b"one"}, ends=an_hour())
    asked = [arguments["RequestItems"]["sessions"] for _, arguments in client.asked]
    assert [len(one) for one in asked] == [2, 1, 1]


def test_a_stubbed_client_that_does_nothing_time_after_time_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = [{"name": {"S": "cookie_sessions:a"}}]
    requests = [{"DeleteRequest": {"Key": keys[0]}}]
    store = DynamoDBStore("dynamodb:sessions")
    client = stubbed(monkeypatch, {"UnprocessedKeys": {"sessions": {"Keys": keys}}})
    with pytest.raises(Unavailable, match="more capacity"):
        store.get_many(["a"])
    assert len(client.asked) == len(dynamodb_table.PAUSES) + 1
    store.close()
    client = stubbed(monkeypatch, {"UnprocessedItems": {"sessions": requests}})
    with pytest.raises(Unavailable, match="more capacity"):
        store.delete(["a"])
    assert len(client.asked) == len(dynamodb_table.PAUSES) + 1


def test_what_a_stubbed_client_throttles_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = stubbed(monkeypatch, THROTTLED, "ThrottlingException", {})
    assert DynamoDBStore("dynamodb:sessions").add("a", b"", ends=an_hour())
    assert len(client.asked) == 3


def test_a_stubbed_client_that_throttles_on_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = stubbed(monkeypatch, THROTTLED)
    with pytest.raises(Unavailable, match=f"slow down 5 times .{THROTTLED}"):
        DynamoDBStore("dynamodb:sessions").get("a")
    assert len(client.asked) == 5


def test_a_call_whose_connections_another_thread_closed_is_made_on_new_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = HTTPClientError(error=ClosedPoolError(None, "closed"))  # type: ignore[arg-type]
    client = stubbed(monkeypatch, closed, {})
    assert DynamoDBStore("dynamodb:sessions").add("a", b"", ends=an_hour())
    assert len(client.asked) == 2


@pytest.mark.parametrize(
    "error", [HTTPClientError(error=OSError()), ConnectionClosedError(endpoint_url="secret")]
)
def test_a_call_whose_connection_broke_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    client = stubbed(monkeypatch, error)
    with pytest.raises(Unavailable, match=type(error).__name__) as told:
        DynamoDBStore("dynamodb:sessions").get("a")
    assert len(client.asked) == 1
    assert "secret" not in str(told.value)


def test_a_time_out_leaves_a_stubbed_client_that_throttles_few_attempts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = stubbed(monkeypatch, THROTTLED)
    with pytest.raises(Unavailable, match="slow down 2 times"):
        DynamoDBStore("dynamodb:sessions", timeout=0.25).get("a")
    assert len(client.asked) == 2


def test_a_sweep_of_a_stubbed_table_reads_all_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [{"name": {"S": f"cookie_sessions:{mark}"}} for mark in "abc"]
    client = stubbed(
        monkeypatch,
        *(
            {"Items": names[:2], "LastEvaluatedKey": names[1]},
            {},
            "ConditionalCheckFailedException",
        ),
        *({"Items": [], "LastEvaluatedKey": names[1]}, {"Items": names[2:]}, {}),
    )
    assert DynamoDBStore("dynamodb:sessions").sweep() == 2
    assert [operation for operation, _ in client.asked] == [
        *("scan", "delete_item", "delete_item", "scan", "scan", "delete_item")
    ]
    assert all("#ends <= :now" in str(arguments) for _, arguments in client.asked)


def test_the_pauses_are_shorter_than_a_second_in_all() -> None:
    assert 0.5 < sum(dynamodb_table.PAUSES) < 1


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("InternalServerError", "InternalServerError"),
        ("AccessDeniedException", "permissions"),
        ("ExpiredTokenException", "credentials"),
        ("text of <others>", "an error without a name"),
    ],
)
def test_what_a_stubbed_client_refuses_is_unavailable_at_once(
    monkeypatch: pytest.MonkeyPatch, code: str, told: str
) -> None:
    client = stubbed(monkeypatch, code)
    with pytest.raises(Unavailable, match=told) as error:
        DynamoDBStore("dynamodb:sessions").put("a", b"", ends=an_hour())
    assert len(client.asked) == 1
    assert "secret" not in str(error.value)
    assert "others" not in str(error.value)


@pytest.mark.parametrize("body", [b"[]", b"7", b'{"Item": {"name": 7}}', b'{"Items": [{}]}'])
def test_a_service_that_answers_nonsense_is_unavailable(body: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                connection.sendall(head % len(body) + body)

        answering = threading.Thread(target=serve, daemon=True)
        answering.start()
        port = listener.getsockname()[1]
        url = f"dynamodb:sessions?region=x&endpoint=http://127.0.0.1:{port}"
        with (
            closing(DynamoDBStore(url)) as store,
            pytest.raises(Unavailable, match=r"^The store dynamodb:sessions .*\.$"),
        ):
            list(store.scan("")) if b"Items" in body else store.get("a")
        answering.join(5)


def test_no_region_is_an_error_of_the_configuration() -> None:
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        DynamoDBStore("dynamodb:sessions").get("a")


def test_a_url_of_any_store_may_name_a_table() -> None:
    assert isinstance(store_from_url("DynamoDB:sessions?region=eu-west-1"), DynamoDBStore)


def test_without_the_client_the_url_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    for name in [name for name in sys.modules if name.startswith(f"{STORES}.dynamodb")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigurationError, match=r'pip install "cookie-sessions\[aws\]"'):
        store_from_url("dynamodb:sessions")


@pytest.mark.parametrize(
    "url",
    [
        "dynamodb:",
        "dynamodb:ab",
        "dynamodb://sessions",
        "memcached:sessions",
        "dynamodb:hunter2 sessions",
        "dynamodb:sessions?region=EU",
        "dynamodb:sessions?endpoint=127.0.0.1",
        "dynamodb:sessions?endpoint=http://user:hunter2@host",
        "dynamodb:sessions?prefix=a b",
        "dynamodb:sessions?prefix=" + "p" * (MAX_PREFIX_OCTETS + 1),
        "dynamodb:sessions?secret=hunter2",
    ],
)
def test_a_wrong_url_is_told_what_is_right_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Write dynamodb:TABLE") as told:
        DynamoDBStore(url)
    assert "hunter2" not in str(told.value)
