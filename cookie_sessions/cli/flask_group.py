"""The commands as ``flask sessions``; Flask finds them by the entry point ``flask.commands``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from cookie_sessions.cli.commands import dictionary, keys, revocations
from cookie_sessions.cli.defaults import VARIABLE, set_defaults
from cookie_sessions.cli.doctor.flask_command import doctor
from cookie_sessions.cli.inspect.command import inspect
from cookie_sessions.cli.refusal import TellingGroup
from cookie_sessions.cli.revocations.revoke import revoke_sessions
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import KeySource, source_of
from cookie_sessions.policy.timeouts import Timeouts
from cookie_sessions.settings import Settings, timeouts_in


class AppDefaults:
    """Of an application, which is loaded when something of it is asked for.

    Args:
        info: tells where the application is.
    """

    application = True

    def __init__(self, info: ScriptInfo) -> None:
        self._info = info

    def source(self) -> KeySource:
        """What the setting COOKIE_SESSIONS_KEYS names."""
        setting = self.settings().keys
        if setting is None:
            raise ConfigurationError(
                f"The application has no setting {VARIABLE}. Set it, or write "
                f"--keys file:/path/of/the/ring.json."
            )
        return source_of(setting)

    def longest_session(self) -> int | None:
        """What PERMANENT_SESSION_LIFETIME and our timeouts give."""
        return self.timeouts().longest

    def reload(self) -> int:
        """The setting COOKIE_SESSIONS_KEYS_RELOAD."""
        return self.settings().keys_reload

    def secrets(self) -> tuple[Any, Any]:
        """SECRET_KEY and SECRET_KEY_FALLBACKS."""
        app = self._app()
        return app.secret_key, app.config.get("SECRET_KEY_FALLBACKS")

    def config(self) -> Mapping[str, Any]:
        """The application's configuration."""
        return self._app().config

    def settings(self) -> Settings:
        """Ours, of the application's configuration."""
        return Settings.from_mapping(self._app().config)

    def cookie_name(self) -> str:
        """SESSION_COOKIE_NAME, with the prefix that our settings ask for."""
        app = self._app()
        return app.session_interface.get_cookie_name(app)

    def timeouts(self) -> Timeouts:
        """What PERMANENT_SESSION_LIFETIME and ours give."""
        lifetime = int(self._app().permanent_session_lifetime.total_seconds())
        return timeouts_in(self.settings(), lifetime=lifetime)

    def _app(self) -> Flask:
        return self._info.load_app()


@click.group(cls=TellingGroup)
@click.pass_context
def sessions(ctx: click.Context) -> None:
    """Look after the application's sealed sessions."""
    set_defaults(ctx, AppDefaults(ctx.ensure_object(ScriptInfo)))


for _command in (keys, revoke_sessions, revocations, dictionary, inspect, doctor):
    sessions.add_command(_command)
