"""A group whose commands are loaded when one of them is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

from cookie_sessions.cli.refusal import TellingGroup


class LateGroup(TellingGroup):
    """Spares all other commands the code of its own.

    Args:
        where: for each command its name, and its module and name there.
        settings: as for any group.
    """

    def __init__(self, *, where: dict[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(**settings)
        self._where = where

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, sorted as click does."""
        return sorted(self._where)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in self._where:
            return None
        module, name = self._where[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command
