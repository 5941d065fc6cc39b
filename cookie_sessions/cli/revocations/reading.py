"""The commands that look at a list, and the one that tidies its store."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from cookie_sessions import clock
from cookie_sessions.cli.options import JSON
from cookie_sessions.cli.report import printable
from cookie_sessions.cli.revocations.place import STORE, list_options, opened
from cookie_sessions.cli.revocations.table import table
from cookie_sessions.cli.times import iso, moment, moment_from

if TYPE_CHECKING:
    from cookie_sessions.cli.revocations.rows import Row

_SHOWN: Final = 100
_MOST: Final = 1_000_000_000
_SIGNED_IN_HEAD: Final = ("REFERENCE", "SIGNED IN", "SEEN IN THE HOUR FROM", "LABEL")
_KINDS: Final = click.Choice(["all", "key", "subject", "session"])


@click.command("list")
@STORE
@click.option("--kind", "kinds", type=_KINDS, multiple=True, help="Only these; repeatable.")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=_MOST),
    metavar="NUMBER",
    help=f"How many at most. Default: {_SHOWN}, and with --json all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def list_entries(
    *, url: str | None, kinds: tuple[str, ...], limit: int | None, as_json: bool
) -> None:
    """Show what is on the list.

    Sessions and subjects are shown by hashes, which lead back to nobody.
    """
    from cookie_sessions.cli.revocations.rows import HEAD, KINDS, rows

    with opened(url) as place:
        found = rows(place.store, kinds or KINDS)
        if as_json:
            for row in itertools.islice(found, limit):
                click.echo(json.dumps(row.facts()))
            return
        shown, more = _first(found, limit or _SHOWN)
        now = clock.now()
        if shown:
            click.echo(table([HEAD, *(row.cells(now) for row in shown)]))
        else:
            click.echo("There is no such entry." if kinds else "The list is empty.")
        if more:
            click.echo(f"\nThere are more than these {len(shown)}: --limit shows more.")
        place.warn_if_unused()


@click.command()
@STORE
@JSON
def count(*, url: str | None, as_json: bool) -> None:
    """Count the entries of each kind, and those of the register."""
    from cookie_sessions.cli.revocations.rows import counts

    with opened(url) as place:
        found = counts(place.store)
        if as_json:
            click.echo(json.dumps(found, indent=2))
            return
        click.echo(_counted(found))
        place.warn_if_unused()


@click.command()
@STORE
@JSON
def prune(*, url: str | None, as_json: bool) -> None:
    """Remove what has ended and still takes room.

    Nothing goes that still refuses a session, and nothing depends on it: each write removes some of
    it too. A SQLite file keeps its size, and what is written later takes the room that is free.
    """
    from cookie_sessions.cli.revocations.rows import counts

    with opened(url) as place:
        removed = place.store.sweep()
        left = counts(place.store)
        if as_json:
            click.echo(json.dumps({"removed": removed, "left": left}, indent=2))
            return
        click.echo(
            f"{_removed(removed)} Nothing goes that still refuses a session. Left are:\n\n"
            f"{_counted(left)}"
        )
        place.warn_if_unused()


@click.command("signed-in")
@click.option(
    "--subject", metavar="SUBJECT", required=True, help="Whose, as session.subject was set."
)
@list_options
@JSON
def signed_in(*, subject: str, url: str | None, index_key_file: str | None, as_json: bool) -> None:
    """Show where a subject is signed in, by the register.

    Each has a reference, by which cookie-sessions revoke --reference ends it.
    """
    with opened(url, index_key_file) as place:
        place.register()
        found = place.revocations.signed_in(subject) if place.check_index() else []
        if as_json:
            told = [
                {
                    "reference": each.reference,
                    "created": iso(each.created.timestamp()),
                    "seen": iso(each.seen.timestamp()),
                    "label": each.label,
                }
                for each in found
            ]
            click.echo(json.dumps({"signed_in": told}, indent=2))
            return
        now = clock.now()
        if found:
            cells = (
                (
                    each.reference,
                    moment_from(each.created.timestamp(), now),
                    moment(each.seen.timestamp()),
                    printable(each.label) or "-",
                )
                for each in found
            )
            click.echo(table([_SIGNED_IN_HEAD, *cells]))
        else:
            click.echo(
                "The register has no session of this subject. The application keeps one where "
                "COOKIE_SESSIONS_REGISTER is True, from the next sign-in on."
            )
        place.warn_if_unused()


def _first(found: Iterator[Row], limit: int) -> tuple[list[Row], bool]:
    shown = list(itertools.islice(found, limit))
    return shown, next(found, None) is not None


def _counted(found: dict[str, int]) -> str:
    return table([("KIND", "ENTRIES"), *((kind, f"{number:,}") for kind, number in found.items())])


def _removed(number: int) -> str:
    if not number:
        return "There was nothing to remove."
    return f"{number:,} {'entry' if number == 1 else 'entries'} that had ended went."
