"""The command ``cookie-sessions doctor``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cookie_sessions import clock
from cookie_sessions.cli.options import JSON
from cookie_sessions.cli.refusal import EXIT_ERROR, EXIT_WARNINGS
from cookie_sessions.cli.times import moment_from, seconds
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.probe import LONGEST_SECONDS, end_of, new_token

if TYPE_CHECKING:
    from cookie_sessions.cli.doctor.findings import Findings
    from cookie_sessions.cli.doctor.measurement import Measured
    from cookie_sessions.cli.doctor.site import Site

_FILE = "@FILE reads a file, @- stdin."


@click.command()
@click.option("--url", metavar="URL", help="The application's root, such as https://shop.example/.")
@click.option(
    "--token",
    metavar="TOKEN",
    envvar="COOKIE_SESSIONS_PROBE_TOKEN",
    help=f"Opens the probe. Default: what COOKIE_SESSIONS_PROBE_TOKEN says. {_FILE}",
)
@click.option(
    "--header",
    "headers",
    metavar="HEADER",
    multiple=True,
    help=f"'Name: value', sent with each request; repeatable. {_FILE}",
)
@click.option(
    "--cookie",
    metavar="COOKIES",
    help=f"A browser's Cookie header for this host, to be counted and not sent. {_FILE}",
)
@click.option(
    "--store",
    metavar="URL",
    envvar="COOKIE_SESSIONS_OVERFLOW",
    help=f"The overflow store. Default: what COOKIE_SESSIONS_OVERFLOW says. {_FILE}",
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
    if not (url or cookie or store):
        raise click.UsageError("Give --url, --cookie, --store or --new-token.")
    # A command that measures nothing need not wait for the parts that do.
    from cookie_sessions.cli.doctor import report as reports
    from cookie_sessions.cli.doctor.findings import crowded
    from cookie_sessions.cli.doctor.fitting import configured
    from cookie_sessions.cli.doctor.others import others_in
    from cookie_sessions.cli.doctor.store import examine
    from cookie_sessions.cookies import PROFILES

    others = None if cookie is None else others_in(_text(cookie))
    site = None if url is None else _site(url, token, headers)
    health = None if store is None else examine(_text(store))
    measured, findings = (None, None) if site is None else _examined(site, progress=progress)
    warnings = list(findings.warnings) if findings else []
    if others is not None:
        chosen = configured(measured) if measured else None
        told = crowded(others, chosen or PROFILES["portable"])
        warnings += [told] if told else []
    if health is not None:
        warnings += [health.fault] if health.fault else []
        warnings += [f"The store {health.name}: {each}" for each in health.warnings]
    report = reports.Report(
        url=site.name if site else None,
        requests=site.requests if site else 0,
        measured=measured,
        findings=findings,
        others=others,
        store=health,
        warnings=tuple(warnings),
    )
    (reports.tell_json if as_json else reports.tell)(report)
    if health is not None and not health.answers:
        sys.exit(EXIT_ERROR)
    if warnings:
        sys.exit(EXIT_WARNINGS)


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

    read = "" if token is None else _text(token)
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
    lines = [line for text in headers for line in _text(text).splitlines() if line.strip()]
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


def _text(given: str) -> str:
    """What an option says itself, or the file that it names."""
    if not given.startswith("@"):
        return given.strip()
    name = given.removeprefix("@")
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The file {name} can't be read: {error.strerror}. Correct its name or its mode."
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"The file {name} is no UTF-8 text. Name another.") from None
    return text.strip()
