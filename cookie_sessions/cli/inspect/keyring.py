"""The keys that a session is opened with, from where the application has them too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from cookie_sessions.cli.defaults import VARIABLE, defaults
from cookie_sessions.cli.ring import named_source, read
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, UsageError
from cookie_sessions.keys import KeyRing, from_secret_keys


class KeyOptions(NamedTuple):
    """What the command line says of the keys.

    Attributes:
        url: of a ring.
        secret_env: the name of a variable that holds a secret key.
        fallback_env: names of variables that hold its fallbacks.
        secret_key_file: a file that holds a secret key.
    """

    url: str | None
    secret_env: str | None
    fallback_env: tuple[str, ...]
    secret_key_file: str | None

    @property
    def given(self) -> bool:
        """Whether it says anything."""
        return any(self)

    def ring(self, *, now: float) -> KeyRing:
        """The keys, else those by default: of the variable, or of the application.

        Args:
            now: of which moment, in seconds since the epoch.

        Raises:
            UsageError: the options contradict each other.
            ConfigurationError: the keys can't be read.
            Unavailable: their source does not answer.
        """
        secret = self.secret_env or self.secret_key_file
        if (self.url and (secret or self.fallback_env)) or (
            self.secret_env and self.secret_key_file
        ):
            raise UsageError(
                "The keys are named twice. Give one of --keys, --secret-env and --secret-key-file."
            )
        if secret or self.fallback_env:
            return self._of_secrets()
        if self.url is None and _has_secrets_alone():
            return _of_the_application()
        return read(named_source(self.url)).ring(now)

    def _of_secrets(self) -> KeyRing:
        """The ring of the secrets that are named; none of them stays in a frame of an error."""
        try:
            secret: str | bytes
            if self.secret_key_file:
                secret = _secret_in(self.secret_key_file)
            else:
                secret = _variable(self.secret_env or "SECRET_KEY")
            return from_secret_keys(secret, [_variable(name) for name in self.fallback_env])
        except CookieSessionsError as error:
            secret = b""
            raise error.with_traceback(None) from None


def _has_secrets_alone() -> bool:
    told = defaults()
    return told.application and told.settings().keys is None


def _of_the_application() -> KeyRing:
    secret, fallbacks = defaults().secrets()
    try:
        return from_secret_keys(secret, fallbacks)
    except CookieSessionsError as error:
        secret = fallbacks = None
        raise error.with_traceback(None) from None


def _secret_in(name: str) -> bytes:
    """A file's octets without the end of their line, which editors add."""
    try:
        octets = Path(name).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The file {name} can't be read: {error.strerror}. Correct its name or its mode."
        ) from None
    return octets.removesuffix(b"\n").removesuffix(b"\r")


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        # The name is not repeated: it may be the secret itself.
        raise ConfigurationError(
            f"An environment variable that is to hold a secret key is not set, or empty: "
            f"SECRET_KEY, or one that --secret-env or --fallback-env names. Set it, or name a ring "
            f"by --keys or the variable {VARIABLE}."
        )
    return value
