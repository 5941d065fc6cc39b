"""Keys are read from Secrets Manager and Parameter Store, against an imitated AWS."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import KeySource, new_jwk_set, source_from_url
from cookie_sessions.keys.sources import aws as sources_in_aws
from cookie_sessions.keys.sources import deadline
from cookie_sessions.keys.sources.aws import CONNECT_SECONDS, READ_SECONDS, AwsSource
from cookie_sessions.keys.sources.deadline import SECONDS
from cookie_sessions.keys.sources.extra import load
from tests.keys.sources.conftest import REGION
from tests.keys.sources.contract import Place, RemoteContract
from tests.keys.sources.server import Answer, Server

pytestmark = pytest.mark.once

_numbers = itertools.count()


def client(service: str, region: str = REGION) -> Any:
    boto3 = load("boto3", extra="aws", source="the tests")
    return boto3.session.Session(region_name=region).client(service)


class AwsContract(RemoteContract):
    denied = Answer(400, b'{"__type": "AccessDeniedException", "message": "no"}')
    at_fault = Answer(500, b'{"__type": "InternalServiceError", "message": "no"}')

    @pytest.fixture
    def aim(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        return lambda address: monkeypatch.setenv("AWS_ENDPOINT_URL", address)


class TestSecretsManagerOfAnImitatedAws(AwsContract):
    @pytest.fixture
    def place(self, aws: str) -> Place:
        service, name = client("secretsmanager"), f"shop/keys-{next(_numbers)}"

        def write(text: str) -> None:
            try:
                service.create_secret(Name=name, SecretString=text)
            except service.exceptions.ResourceExistsException:
                service.put_secret_value(SecretId=name, SecretString=text)

        return Place(
            source_from_url(f"aws-secretsmanager:{name}"),
            write,
            lambda: service.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True),
        )

    def test_a_secret_is_found_by_its_arn_and_its_region(self, aws: str) -> None:
        text, region = new_jwk_set(), "us-west-2"
        service = client("secretsmanager", region)
        name = f"keys-{next(_numbers)}"
        arn = service.create_secret(Name=name, SecretBinary=text.encode())["ARN"]
        assert source_from_url(f"aws-secretsmanager:{arn}").read() == text.encode()
        url = f"aws-secretsmanager:{name}"
        assert source_from_url(f"{url}?region={region}").read() == text.encode()
        with pytest.raises(ConfigurationError, match="no such secret in this account and region"):
            source_from_url(url).read()


class TestParameterStoreOfAnImitatedAws(AwsContract):
    @pytest.fixture
    def place(self, aws: str) -> Place:
        service, name = client("ssm"), f"/shop/keys-{next(_numbers)}"
        return Place(
            source_from_url(f"aws-ssm:{name}"),
            lambda text: service.put_parameter(
                Name=name, Value=text, Type="SecureString", Overwrite=True
            ),
            lambda: service.delete_parameter(Name=name),
        )


@pytest.fixture
def source(aws: str) -> KeySource:
    return source_from_url("aws-secretsmanager:some-secret")


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [
        (Answer(400, b'{"__type": "ThrottlingException"}'), Unavailable, "ThrottlingException"),
        (Answer(429, b'{"__type": "Slower"}'), Unavailable, "Slower"),
        (Answer(503, b"gone"), Unavailable, "can't answer now"),
        (Answer(400, b'{"__type": "ExpiredTokenException"}'), ConfigurationError, "ExpiredToken"),
        (Answer(400, b'{"__type": "AB CD"}'), ConfigurationError, "unknown code"),
        (Answer(200, b"{}"), ConfigurationError, "the secret is empty"),
    ],
)
def test_answers_of_an_imitated_aws_are_told_by_their_code(
    source: KeySource,
    answer: Answer,
    error: type[Exception],
    match: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(lambda request: answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        with pytest.raises(error, match=match):
            source.read()


def test_a_missing_region_is_told(source: KeySource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(ConfigurationError, match=r"no region is set\. Append \?region="):
        source.read()


def test_missing_credentials_are_told(source: KeySource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ConfigurationError, match="there are no AWS credentials"):
        source.read()


def test_a_setting_that_boto3_refuses_is_told_by_its_kind(
    source: KeySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigurationError, match="ProfileNotFound"):
        source.read()
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no address")
    with pytest.raises(ConfigurationError, match="failed with ValueError"):
        source.read()


def test_other_threads_still_see_what_botocore_logs(
    source: KeySource, aws: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigurationError):
        source.read()
    with caplog.at_level("DEBUG"):
        client("secretsmanager").list_secrets()
    assert "botocore.parsers" in {record.name for record in caplog.records}


def test_a_silent_aws_is_given_up_within_a_few_seconds(
    source: KeySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(source, AwsSource)
    monkeypatch.setattr(deadline, "SECONDS", SECONDS)
    monkeypatch.setattr(sources_in_aws, "CONNECT_SECONDS", CONNECT_SECONDS)
    monkeypatch.setattr(sources_in_aws, "READ_SECONDS", READ_SECONDS)
    # Loads the library, which is no part of the time.
    client("secretsmanager")
    with Server(lambda request: Answer(200, b"", silent=True)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="no answer within 5 seconds"):
            source.read()
        # The server would end it after 30 seconds.
        assert time.monotonic() - began < 28
