"""The command ``flask sessions doctor``: reads the application's configuration."""

from __future__ import annotations

import sys

import click
from flask.cli import ScriptInfo

from cookie_sessions.cli.options import JSON


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
    from cookie_sessions.cli.doctor.examination import examine
    from cookie_sessions.cli.doctor.verdict import refuse_unknown, say

    refuse_unknown(accepted)
    app = ctx.ensure_object(ScriptInfo).load_app()
    sys.exit(say(examine(app), accepted=accepted, as_json=as_json))
