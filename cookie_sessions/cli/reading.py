"""The commands that change nothing: list, verify and export-env."""

from __future__ import annotations

import json
import sys

import click

from cookie_sessions import clock
from cookie_sessions.cli import audit
from cookie_sessions.cli.defaults import defaults
from cookie_sessions.cli.options import JSON, KEYS
from cookie_sessions.cli.refusal import EXIT_ERROR, EXIT_WARNINGS
from cookie_sessions.cli.report import rotation_due, table, tell_json
from cookie_sessions.cli.ring import named_source, read, read_text
from cookie_sessions.cli.times import duration, moment_from, seconds
from cookie_sessions.errors import ConfigurationError, CookieSessionsError
from cookie_sessions.keys import dump_jwk_set, parse_leniently

_LARGEST_VARIABLE = 131_071
_WEEK = 604_800


@click.command("list")
@KEYS
@JSON
def list_keys(*, url: str | None, as_json: bool) -> None:
    """Show the keys of a ring and their states."""
    keys = read(named_source(url))
    now = clock.now()
    if as_json:
        tell_json({}, keys, now)
        return
    click.echo(table(keys, now))
    facts = [f"generation {keys.generation}"]
    if keys.longest_session is not None:
        facts.append(f"longest session {duration(keys.longest_session)}")
    due = rotation_due(keys)
    if due is not None:
        facts.append(f"next rotation due {moment_from(due, now)}")
    click.echo("\n" + ", ".join(facts))


@click.command()
@KEYS
@click.option(
    "--reload",
    type=seconds,
    metavar="DURATION",
    help="How often the application reads its ring again.",
)
@click.option(
    "--soon",
    type=seconds,
    metavar="DURATION",
    default=_WEEK,
    show_default="7d",
    help="How far ahead to look.",
)
@JSON
def verify(*, url: str | None, reload: int | None, soon: int, as_json: bool) -> None:
    """Say what is wrong with a ring, or soon will be.

    Reads it strictly. Ends with 0 if all is well, 1 if the ring can't be used, 4 if there are
    warnings alone.
    """
    source = named_source(url)
    now = clock.now()
    errors: list[str] = []
    warnings: list[str] = []
    keys = None
    try:
        keys, damaged = parse_leniently(read_text(source), origin=source.name)
        errors += damaged
    except CookieSessionsError as error:
        errors.append(str(error))
    if keys is not None:
        told = defaults()
        errors += audit.faults(keys, now)
        warnings += audit.warnings(
            keys,
            now,
            reload=told.reload() if reload is None else reload,
            soon=soon,
            longest_session=told.longest_session(),
        )
    verdict = {"ok": not errors, "errors": errors, "warnings": warnings}
    if as_json and keys is not None:
        tell_json(verdict, keys, now)
    elif as_json:
        click.echo(json.dumps(verdict, indent=2))
    else:
        for line in errors:
            click.echo(f"error: {line}", err=True)
        for line in warnings:
            click.echo(f"warning: {line}", err=True)
        if keys is not None:
            click.echo(f"{source.name}: generation {keys.generation}\n\n{table(keys, now)}")
    if errors or warnings:
        sys.exit(EXIT_ERROR if errors else EXIT_WARNINGS)


@click.command("export-env")
@KEYS
@click.option("--force", is_flag=True, help="Print it on a terminal, where it stays to be seen.")
def export_env(*, url: str | None, force: bool) -> None:
    """Print the ring as one line, keys and all, for a variable.

    The line is JSON, for an environment variable. The one command that prints keys; to a pipe or a
    file only. What export-subkeys prints is less.
    """
    if sys.stdout is None:
        raise ConfigurationError("There is no stdout. Send the ring to a file or a pipe.")
    if sys.stdout.isatty() and not force:
        raise ConfigurationError(
            "This would print the keys on a terminal. Send it to a file or a pipe, or add --force."
        )
    keys = read(named_source(url))
    line = json.dumps(json.loads(dump_jwk_set(keys)), separators=(",", ":"))
    click.echo(line)
    if len(line) > _LARGEST_VARIABLE:
        click.echo(
            f"Note: {len(line)} octets are more than an environment variable holds on Linux.",
            err=True,
        )
