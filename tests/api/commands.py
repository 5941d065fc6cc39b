"""The commands and their options as text."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cookie_sessions.cli.commands import program
from cookie_sessions.cli.flask_group import sessions


def describe_commands() -> str:
    """Write down every command of ``cookie-sessions`` and ``flask sessions``.

    Returns:
        A line for each, and for each of its arguments and options.
    """
    ours = [*_lines("cookie-sessions", program), *_lines("flask sessions", sessions)]
    return "\n".join(ours) + "\n"


def _lines(name: str, command: click.Command) -> Iterator[str]:
    yield name
    for parameter in command.params:
        required = " (required)" if parameter.required else ""
        if isinstance(parameter, click.Option):
            yield f"    {', '.join([*parameter.opts, *parameter.secondary_opts])}{required}"
        else:
            yield f"    {str(parameter.name).upper()}{required}"
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _lines(f"{name} {child}", found)
