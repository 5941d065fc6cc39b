"""The command ``flask sessions doctor``: reads the application's configuration."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from cookie_sessions.cli.options import JSON
from cookie_sessions.cli.refusal import EXIT_ERROR, EXIT_WARNINGS

if TYPE_CHECKING:
    from cookie_sessions.cli.doctor.configuration import Deployment, Finding


@click.command()
@JSON
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Say what the application's configuration means for its sessions.

    Asks the store of its revocation list to keep an entry for a moment, and nobody else. Ends with
    0 if all is well, 1 for an error, 4 for warnings. What lies between visitors and the application
    is measured by cookie-sessions doctor.
    """
    from cookie_sessions.cli.doctor.configuration import Level, check

    found = check(_deployment(ctx.ensure_object(ScriptInfo).load_app()))
    (_tell_json if as_json else _tell)(found)
    levels = {finding.level for _, finding in found}
    if Level.ERROR in levels:
        sys.exit(EXIT_ERROR)
    if Level.WARNING in levels:
        sys.exit(EXIT_WARNINGS)


def _deployment(app: Flask) -> Deployment:
    from cookie_sessions.cli.doctor.configuration import Deployment, plain_users
    from cookie_sessions.cli.doctor.store import examine_list
    from cookie_sessions.flask import CookieSessionInterface
    from cookie_sessions.settings import PREFIX, Settings

    settings = Settings.from_mapping(app.config)
    is_store = settings.revocations is not None and not settings.revocations_are_a_snapshot
    # An application that uses Flask-Login has loaded it.
    login: Any = sys.modules.get("flask_login")
    mixin = login.UserMixin if login is not None and hasattr(app, "login_manager") else None
    kind = type(app.session_interface)
    return Deployment(
        interface=f"{kind.__module__}.{kind.__qualname__}",
        is_sealed=isinstance(app.session_interface, CookieSessionInterface),
        settings=settings,
        names_subject=f"{PREFIX}SUBJECT_KEY" in app.config,
        revocations=examine_list(settings.revocations or "") if is_store else None,
        has_login=mixin is not None,
        plain_users=() if mixin is None else plain_users(mixin),
    )


def _tell(found: list[tuple[str, Finding]]) -> None:
    from cookie_sessions.cli.doctor.configuration import Level

    for _, finding in found:
        if finding.level is Level.OK:
            click.echo(f"{click.style('ok', fg='green')}: {finding.text}")
    for level, colour in (
        (Level.NOTE, "cyan"),
        (Level.WARNING, "yellow"),
        (Level.ERROR, "red"),
    ):
        for _, finding in found:
            if finding.level is level:
                click.echo(f"{click.style(level, fg=colour)}: {finding.text}", err=True)


def _tell_json(found: list[tuple[str, Finding]]) -> None:
    from cookie_sessions.cli.doctor.configuration import Level

    facts = {
        "ok": not any(each.level in (Level.WARNING, Level.ERROR) for _, each in found),
        "checks": [{"check": name, **finding._asdict()} for name, finding in found],
    }
    click.echo(json.dumps(facts, indent=2))
