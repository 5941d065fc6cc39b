"""Rings in AWS: Secrets Manager and the Parameter Store of Systems Manager.

Credentials and endpoints are found as boto3 finds them everywhere. A client is made for each
reading, which costs some milliseconds every few minutes: so nothing is shared between threads, or
between processes after a fork, and credentials that were renewed are the ones that are used.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from typing import Any, Final

from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.keys.sources.deadline import Deadline
from cookie_sessions.keys.sources.extra import load

CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 3
TRIES: Final = 2

_MISSING: Final = frozenset(
    {"ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"}
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_BUSY: Final = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|Timeout|Unavailable")
_NOT_READY: Final = frozenset({"CredentialRetrievalError", "MetadataRetrievalError"})
_CODE: Final = re.compile(r"[A-Za-z0-9.]{1,64}")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z]+:([a-z0-9-]+):\d*:[A-Za-z0-9/_+=.@:-]+")

_own: Final = threading.local()


class AwsSource:
    """What the sources in AWS share.

    Args:
        identifier: the name or ARN of what is read.
        region: the region; None: that of the ARN, else AWS_REGION, else what boto3 is set to.
    """

    scheme = ""
    service = ""
    noun = ""
    action = ""

    def __init__(self, identifier: str, *, region: str | None = None) -> None:
        arn = _ARN.fullmatch(identifier)
        self._identifier = identifier
        self._region = region or (arn[1] if arn else None)
        self._deadline = Deadline(self.name)

    @property
    def name(self) -> str:
        """The scheme and the identifier."""
        return f"{self.scheme}:{self._identifier}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def stamp(self) -> object:
        """None: to ask whether it changed costs AWS and us as much as to read it."""
        return None

    def read(self) -> bytes:
        """Ask AWS, for at most a few seconds.

        Raises:
            ConfigurationError: boto3 is missing or not set up, there is no such thing, or access
                to it is denied.
            Unavailable: AWS does not answer, is busy, or has a fault of its own.
        """
        # Loaded before the clock runs: on a cold machine that alone can take a second.
        for module in ("boto3", "botocore.config", "botocore.exceptions"):
            load(module, extra="aws", source=self.name)
        return self._deadline.run(self._ask)

    def _value(self, client: Any) -> str | bytes:
        raise NotImplementedError

    def _ask(self) -> bytes:
        _withhold_answers()
        faults = load("botocore.exceptions", extra="aws", source=self.name)
        _own.call = True
        try:
            client = self._client()
            try:
                value = self._value(client)
            finally:
                client.close()
        except faults.ClientError as error:
            raise self._refusal(error.response) from None
        except faults.BotoCoreError as error:
            raise self._failure(error, faults) from None
        return value.encode() if isinstance(value, str) else value

    def _client(self) -> Any:
        boto3 = load("boto3", extra="aws", source=self.name)
        config = load("botocore.config", extra="aws", source=self.name).Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
        )
        region = self._region or os.environ.get("AWS_REGION") or None
        return boto3.session.Session(region_name=region).client(self.service, config=config)

    def _refusal(self, response: Any) -> CookieSessionsError:
        """What an answer of AWS that is an error means."""
        given = str(response.get("Error", {}).get("Code", ""))
        code = given if _CODE.fullmatch(given) else "unknown code"
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _MISSING:
            return ConfigurationError(
                f"{self.name}: there is no such {self.noun} in this account and region. Create it, "
                f"or correct its name or region."
            )
        if code in _DENIED:
            return ConfigurationError(
                f"{self.name}: access is denied. Allow this role {self.action} on it, and "
                f"kms:Decrypt where a key of its own encrypts it."
            )
        if status >= 500 or status == 429 or _BUSY.search(code):
            return Unavailable(f"{self.name}: AWS can't answer now ({code}). Try again later.")
        return ConfigurationError(
            f"{self.name}: AWS refused ({code}). Look at the credentials and the {self.noun}."
        )

    def _failure(self, error: Exception, faults: Any) -> CookieSessionsError:
        """What an error on the way to AWS means."""
        kind = type(error).__name__
        if isinstance(error, faults.NoRegionError):
            return ConfigurationError(
                f"{self.name}: no region is set. Append ?region=eu-central-1 or the like, or set "
                f"AWS_REGION."
            )
        if isinstance(error, faults.NoCredentialsError | faults.PartialCredentialsError):
            return ConfigurationError(
                f"{self.name}: there are no AWS credentials. Give this process a role, or set "
                f"AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        unreachable = faults.HTTPClientError | faults.ConnectionError
        if isinstance(error, unreachable) or kind in _NOT_READY:
            return Unavailable(f"{self.name}: AWS can't be reached ({kind}). Try again later.")
        return ConfigurationError(
            f"{self.name}: boto3 can't ask ({kind}). Look at AWS's settings of this process."
        )


class SecretsManagerSource(AwsSource):
    """A ring in AWS Secrets Manager, as text or binary: the version staged as AWSCURRENT.

    Args:
        identifier: the secret's name or ARN.
        region: the region; None: that of the ARN, else AWS_REGION, else what boto3 is set to.
    """

    scheme = "aws-secretsmanager"
    service = "secretsmanager"
    noun = "secret"
    action = "secretsmanager:GetSecretValue"

    def _value(self, client: Any) -> str | bytes:
        found = client.get_secret_value(SecretId=self._identifier)
        value: str | bytes = found.get("SecretString") or found.get("SecretBinary") or ""
        if not value:
            raise ConfigurationError(f"{self.name}: the secret is empty. Put a JWK Set into it.")
        return value


class ParameterStoreSource(AwsSource):
    """A ring in a parameter of AWS Systems Manager, decrypted if it is a SecureString.

    A parameter holds 4 KB, or 8 KB in the advanced tier: some twenty or forty keys.

    Args:
        identifier: the parameter's name or ARN.
        region: the region; None: that of the ARN, else AWS_REGION, else what boto3 is set to.
    """

    scheme = "aws-ssm"
    service = "ssm"
    noun = "parameter"
    action = "ssm:GetParameter"

    def _value(self, client: Any) -> str | bytes:
        found = client.get_parameter(Name=self._identifier, WithDecryption=True)
        value: str = found["Parameter"]["Value"]
        return value


class _Withheld(logging.Filter):
    """Drops records of our own calls."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_own, "call", False)


_withheld: Final = _Withheld()


def _withhold_answers() -> None:
    # At level DEBUG this logger records each answer whole, and ours are keys.
    logging.getLogger("botocore.parsers").addFilter(_withheld)
