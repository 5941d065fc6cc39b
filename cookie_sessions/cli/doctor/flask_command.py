"""The command ``flask sessions doctor``: reads the application's configuration."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from flask.cli import ScriptInfo

from cookie_sessions.cli.options import JSON
from cookie_sessions.cli.refusal import EXIT_ERROR, EXIT_WARNINGS

if TYPE_CHECKING:
    from cookie_sessions.cli.doctor.configuration import Result


@click.command()
@click.option(
    "--accept",
    "accepted",
    metavar="CHECK",
    multiple=True,
    help="The name of a check whose warning is meant, as --json has it; repeatable.",
)
@JSON
@click.pass_context
def doctor(ctx: click.Context, *, accepted: tuple[str, ...], as_json: bool) -> None:
    """Say what the application's configuration means for its sessions.

    Each finding has its fix, and its numbers in OWASP ASVS 5.0. Asks the stores of the revocation
    list and of overflowing values to keep an entry for a moment, and nobody else. Ends with 0 if
    all is well, 1 for an error, 2 for a wrong command line, 4 for warnings. What lies between
    visitors and the application is measured by cookie-sessions doctor.
    """
    from cookie_sessions.cli.doctor.configuration import CHECKS, check
    from cookie_sessions.cli.doctor.deployment import Level
    from cookie_sessions.cli.doctor.examination import examine

    names = [each.name for each in CHECKS]
    for name in accepted:
        if name not in names:
            raise click.UsageError(f"There is no check {name!r}. There are: {', '.join(names)}.")
    app = ctx.ensure_object(ScriptInfo).load_app()
    found = check(examine(app), accepted=accepted)
    (_tell_json if as_json else _tell)(found)
    levels = {result.level for result in found}
    if Level.ERROR in levels:
        sys.exit(EXIT_ERROR)
    if Level.WARNING in levels:
        sys.exit(EXIT_WARNINGS)


def _tell(found: list[Result]) -> None:
    from cookie_sessions.cli.doctor.deployment import Level

    for level, colour in (
        (Level.OK, "green"),
        (Level.NOTE, "cyan"),
        (Level.WARNING, "yellow"),
        (Level.ERROR, "red"),
    ):
        for each in found:
            if each.level is level:
                numbers = f" [ASVS 5.0: {', '.join(each.asvs)}]" if each.asvs else ""
                accepted = " Accepted." if each.accepted else ""
                line = f"{click.style(level, fg=colour)}: {each.text}{accepted}{numbers}"
                click.echo(line, err=level is not Level.OK)


def _tell_json(found: list[Result]) -> None:
    from cookie_sessions.cli.doctor.deployment import Level

    facts = {
        "standard": "OWASP ASVS 5.0",
        "ok": not any(each.level in (Level.WARNING, Level.ERROR) for each in found),
        "checks": [each._asdict() for each in found],
    }
    click.echo(json.dumps(facts, indent=2))
