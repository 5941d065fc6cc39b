"""The command ``cookie-sessions doctor``."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Final

import click

from cookie_sessions import clock
from cookie_sessions.cli.defaults import REVOCATIONS
from cookie_sessions.cli.given import FILE, text_of
from cookie_sessions.cli.options import JSON
from cookie_sessions.cli.refusal import EXIT_ERROR, EXIT_WARNINGS
from cookie_sessions.cli.times import moment_from, seconds
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.probe import LONGEST_SECONDS, end_of, new_token

if TYPE_CHECKING:
    from cookie_sessions.cli.doctor.findings import Findings
    from cookie_sessions.cli.doctor.handler import AdapterRow
    from cookie_sessions.cli.doctor.measurement import Measured
    from cookie_sessions.cli.doctor.site import Site

SHAPES: Final = ("rest", "http", "url", "alb-single", "alb-multi")
"""The shapes of events, by their values: the code that knows them is loaded where it is used."""


@click.command()
@click.option("--url", metavar="URL", help="The application's root, such as https://shop.example/.")
@click.option(
    "--token",
    metavar="TOKEN",
    envvar="COOKIE_SESSIONS_PROBE_TOKEN",
    help=f"Opens the probe. Default: what COOKIE_SESSIONS_PROBE_TOKEN says. {FILE}",
)
@click.option(
    "--header",
    "headers",
    metavar="HEADER",
    multiple=True,
    help=f"'Name: value', sent with each request; repeatable. {FILE}",
)
@click.option(
    "--cookie",
    metavar="COOKIES",
    help=f"A browser's Cookie header for this host, to be counted and not sent. {FILE}",
)
@click.option(
    "--store",
    metavar="URL",
    envvar="COOKIE_SESSIONS_OVERFLOW",
    help=f"The overflow store. Default: what COOKIE_SESSIONS_OVERFLOW says. {FILE}",
)
@click.option(
    "--revocations",
    metavar="URL",
    help=f"The store of the revocation list. Default: what {REVOCATIONS} says. {FILE}",
)
@click.option(
    "--handler",
    metavar="MODULE:NAME",
    help="A function's handler, made by cookie_sessions.gateway.guarded; its adapter is tested.",
)
@click.option(
    "--shape",
    "shapes",
    type=click.Choice(SHAPES),
    multiple=True,
    help="Whose events the handler gets; repeatable. Default: all.",
)
@click.option(
    "--app",
    metavar="MODULE:NAME",
    help="Sessions of cookie_sessions.middleware, the application that has them, or their "
    "settings; asked alone, they are checked as flask sessions doctor checks Flask's.",
)
@click.option(
    "--accept",
    "accepted",
    metavar="CHECK",
    multiple=True,
    help="With --app: the name of a check whose warning is meant, as --json has it; repeatable.",
)
@click.option("--new-token", "makes_token", is_flag=True, help="Make a token, and ask nobody.")
@click.option(
    "--lasts",
    type=seconds,
    metavar="DURATION",
    default=LONGEST_SECONDS,
    show_default="1h",
    help="How long a new token lasts, at most an hour.",
)
@click.option("--progress", is_flag=True, help="Say how far it is, also where no terminal is.")
@JSON
def doctor(
    *,
    url: str | None,
    token: str | None,
    headers: tuple[str, ...],
    cookie: str | None,
    store: str | None,
    revocations: str | None,
    handler: str | None,
    shapes: tuple[str, ...],
    app: str | None,
    accepted: tuple[str, ...],
    makes_token: bool,
    lasts: int,
    progress: bool,
    as_json: bool,
) -> None:
    """Measure what a deployment lets through, and say which profile fits.

    Sends some 150 requests of at most 64 KiB to the probe of the application at --url, and nowhere
    else. The application needs the setting that --new-token prints, and the command its token.
    Ends with 0 if all is well, 1 for an error, 2 for a wrong command line, 4 for warnings.
    """
    if makes_token:
        _make_token(lasts, as_json=as_json)
        return
    if app is not None:
        if url or cookie or handler:
            raise click.UsageError("--app is asked alone.")
        sys.exit(_checked(app, accepted, as_json=as_json))
    list_url = _list_url(revocations)
    if not (url or cookie or store or list_url or handler):
        raise click.UsageError(
            "Give --url, --cookie, --store, --revocations, --handler, --app or --new-token."
        )
    # A command that measures nothing need not wait for the parts that do.
    from cookie_sessions.cli.doctor import report as reports
    from cookie_sessions.cli.doctor.findings import crowded
    from cookie_sessions.cli.doctor.fitting import configured
    from cookie_sessions.cli.doctor.others import others_in
    from cookie_sessions.cli.doctor.store import examine, examine_list
    from cookie_sessions.cookies import PROFILES

    others = None if cookie is None else others_in(text_of(cookie))
    site = None if url is None else _site(url, token, headers)
    stores = (
        None if store is None else examine(text_of(store)),
        None if list_url is None else examine_list(list_url),
    )
    measured, findings = (None, None) if site is None else _examined(site, progress=progress)
    adapter = () if handler is None else _adapter(handler, shapes)
    warnings = list(findings.warnings) if findings else []
    warnings += filter(None, (each.told for each in adapter))
    notes = list(findings.notes) if findings else []
    if others is not None:
        chosen = configured(measured) if measured else None
        told = crowded(others, chosen or PROFILES["portable"])
        warnings += [told] if told else []
    for health in filter(None, stores):
        warnings += [health.fault] if health.fault else []
        warnings += [f"The store {health.name}: {each}" for each in health.warnings]
        notes += [f"The store {health.name}: {each}" for each in health.notes]
    report = reports.Report(
        url=site.name if site else None,
        requests=site.requests if site else 0,
        measured=measured,
        findings=findings,
        others=others,
        store=stores[0],
        revocations=stores[1],
        adapter=adapter,
        warnings=tuple(warnings),
        notes=tuple(notes),
    )
    (reports.tell_json if as_json else reports.tell)(report)
    if any(health.fault for health in filter(None, stores)):
        sys.exit(EXIT_ERROR)
    if warnings:
        sys.exit(EXIT_WARNINGS)


def _list_url(given: str | None) -> str | None:
    from cookie_sessions.settings import SNAPSHOT

    if given is None:
        # A snapshot that the variable names is no store, and examined by another command.
        named = os.environ.get(REVOCATIONS)
        return None if not named or named.startswith(SNAPSHOT) else named
    url = text_of(given)
    if url.startswith(SNAPSHOT):
        raise ConfigurationError(
            "A snapshot of a list is examined by cookie-sessions revocations verify."
        )
    return url


def _adapter(handler: str, shapes: tuple[str, ...]) -> tuple[AdapterRow, ...]:
    from cookie_sessions.cli.doctor.handler import examine_handler, row_of

    return tuple(row_of(finding) for finding in examine_handler(handler, shapes))


def _checked(app: str, accepted: tuple[str, ...], *, as_json: bool) -> int:
    from cookie_sessions.cli.doctor.verdict import refuse_unknown, say
    from cookie_sessions.cli.doctor.without_flask import examine

    refuse_unknown(accepted)
    return say(examine(app), accepted=accepted, as_json=as_json)


def _make_token(lasts: int, *, as_json: bool) -> None:
    if not 0 < lasts <= LONGEST_SECONDS:
        raise click.UsageError("--lasts must be at least 1s and at most 1h.")
    now = clock.now()
    token, grant = new_token(now=now, seconds=lasts)
    if as_json:
        made = {"setting": grant.to_text(), "token": token, "ends": grant.ends}
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(
        f"Give the application this setting, and restart it:\n\n"
        f'COOKIE_SESSIONS_PROBE = "{grant.to_text()}"\n\n'
        f"Give the command this token, which is a secret until {moment_from(grant.ends, now)}:\n\n"
        f"export COOKIE_SESSIONS_PROBE_TOKEN={token}\n"
    )


def _site(url: str, token: str | None, headers: tuple[str, ...]) -> Site:
    from cookie_sessions.cli.doctor.site import Site, parse_header

    read = "" if token is None else text_of(token)
    end = end_of(read)
    if end is None:
        raise ConfigurationError(
            "There is no token for the probe, or it is not one. Make one with cookie-sessions "
            "doctor --new-token, give the application its setting, and set the environment "
            "variable COOKIE_SESSIONS_PROBE_TOKEN to the token."
        )
    now = clock.now()
    if end <= now:
        raise ConfigurationError(
            f"The token has ended: {moment_from(end, now)}. Make a new one with cookie-sessions "
            f"doctor --new-token, and give the application its setting."
        )
    lines = [line for text in headers for line in text_of(text).splitlines() if line.strip()]
    return Site(url, token=read, headers=[parse_header(line) for line in lines])


def _examined(site: Site, *, progress: bool) -> tuple[Measured, Findings]:
    from cookie_sessions.cli.doctor.findings import find
    from cookie_sessions.cli.doctor.measurement import measure
    from cookie_sessions.cli.doctor.report import Progress

    shown = Progress(shown=progress or sys.stderr.isatty())
    try:
        measured = measure(site, shown)
    finally:
        shown.close()
    site.end()
    return measured, find(measured, is_encrypted=site.is_encrypted)
