"""What a command takes where its line does not say it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import KeySource, source_from_url
from cookie_sessions.keys.provider import RELOAD_SECONDS

if TYPE_CHECKING:
    from cookie_sessions.policy.timeouts import Timeouts
    from cookie_sessions.settings import Settings

VARIABLE: Final = "COOKIE_SESSIONS_KEYS"
REVOCATIONS: Final = "COOKIE_SESSIONS_REVOCATIONS"
INDEX_KEY: Final = "COOKIE_SESSIONS_INDEX_KEY"
_OF_THE_LIST: Final = (
    REVOCATIONS,
    INDEX_KEY,
    "COOKIE_SESSIONS_SNAPSHOT_KEYS",
    "COOKIE_SESSIONS_SNAPSHOT_AUDIENCE",
)
COOKIE_NAME: Final = "session"
_META: Final = "cookie_sessions.defaults"


class Defaults(Protocol):
    """Where ring and list of revocations are, and what their deployment is like.

    Attributes:
        application: whether an application says it.
    """

    application: bool

    def source(self) -> KeySource:
        """The ring's source.

        Raises:
            ConfigurationError: none is named.
        """
        ...

    def longest_session(self) -> int | None:
        """How long a session lives after it was last written, in seconds; None: not known."""
        ...

    def reload(self) -> int:
        """After how many seconds the application reads its ring again."""
        ...

    def secrets(self) -> tuple[Any, Any]:
        """The application's secret key and its fallbacks; None for what it does not have."""
        ...

    def config(self) -> Mapping[str, Any]:
        """What the application's settings are made of; else what variables say of the list."""
        ...

    def settings(self) -> Settings:
        """The application's settings; else those of an application that sets nothing."""
        ...

    def cookie_name(self) -> str:
        """The name of the session's cookie."""
        ...

    def timeouts(self) -> Timeouts | None:
        """When the application's sessions end; None: not known."""
        ...


class EnvironmentDefaults:
    """Of a command that knows no application."""

    application = False

    def source(self) -> KeySource:
        """What the environment variable names."""
        url = os.environ.get(VARIABLE)
        if not url:
            raise ConfigurationError(
                f"No ring is named. Write --keys file:/path/of/the/ring.json, or set the "
                f"environment variable {VARIABLE}."
            )
        return source_from_url(url)

    def longest_session(self) -> int | None:
        """Not known."""
        return None

    def reload(self) -> int:
        """The package's own default."""
        return RELOAD_SECONDS

    def secrets(self) -> tuple[Any, Any]:
        """None: the command is told where they are."""
        return None, None

    def config(self) -> Mapping[str, Any]:
        """Where the list of revocations is, and what names its subjects."""
        return {name: os.environ[name] for name in _OF_THE_LIST if os.environ.get(name)}

    def settings(self) -> Settings:
        """Nothing is set."""
        from cookie_sessions.settings import Settings

        return Settings()

    def cookie_name(self) -> str:
        """Flask's own default."""
        return COOKIE_NAME

    def timeouts(self) -> Timeouts | None:
        """Not known."""
        return None


def set_defaults(ctx: click.Context, defaults: Defaults) -> None:
    """Have the commands of this context and those below it take these defaults."""
    ctx.meta[_META] = defaults


def defaults() -> Defaults:
    """Those of the command that runs."""
    found: Defaults | None = click.get_current_context().meta.get(_META)
    return found or EnvironmentDefaults()


def typed(line: str) -> str:
    """A command of ours as it is typed where the one that runs was typed.

    Args:
        line: without the program's name, such as "keys list".
    """
    return f"{'flask sessions' if defaults().application else 'cookie-sessions'} {line}"
