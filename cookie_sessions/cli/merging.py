"""The command that makes one ring of several."""

from __future__ import annotations

import functools

import click

from cookie_sessions import clock
from cookie_sessions.cli.options import DRY_RUN, FORCE, JSON
from cookie_sessions.cli.refusal import refuse_for_cost
from cookie_sessions.cli.report import named, tell_of_edit
from cookie_sessions.cli.ring import Edit, change, create, file_of, read
from cookie_sessions.cli.ring_writer import RingWriter
from cookie_sessions.errors import UsageError
from cookie_sessions.keys import KeySet, KeySource, RingFile, source_from_url
from cookie_sessions.keys import merge as merged


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL URL...")
@click.option("--into", metavar="URL", help="Where it is written: one of them, or new.")
@JSON
@DRY_RUN
@FORCE
def merge(
    *, urls: tuple[str, ...], into: str | None, as_json: bool, dry_run: bool, force: bool
) -> None:
    """Make one ring of several, and lose no revocation.

    Without --into the merged ring is only shown.
    """
    if len(urls) < 2:
        raise click.UsageError("Name at least two rings.")
    if into is None:
        rings = [read(source_from_url(url)) for url in urls]
        edit = Edit(rings[0], functools.reduce(merged, rings), int(clock.now()))
        tell_of_edit(edit, as_json=as_json, dry_run=True)
        return
    target = source_from_url(into)
    writer = RingWriter(file_of(target).path)
    others = [one for one in map(source_from_url, urls) if not _same(one, writer)]
    rings = [read(source) for source in others]
    if len(others) == len(urls) and not writer.exists():
        edit = create(target, lambda _: functools.reduce(merged, rings), dry_run=dry_run)
    elif len(others) == len(urls):
        raise UsageError(
            f"There is a ring in file:{writer.path} already, and its revocations would be lost. "
            f"Name it among those to be merged, or name another place."
        )
    else:
        edit = change(
            target,
            lambda keys, _: _all(keys, rings),
            check=lambda edit: refuse_for_cost(edit, force=force, also=tuple(rings)),
            dry_run=dry_run,
        )
    tell_of_edit(
        edit, as_json=as_json, dry_run=dry_run, nothing="It has all that the others have already."
    )
    primary = edit.after.resolve(edit.now).primary
    known = [ring.get(primary.kid) for ring in (*rings, edit.before or edit.after) if primary]
    if primary is not None and None in known:
        click.echo(
            f"Note: {named(primary)} seals from now on, and was not in all of these rings. Have "
            f"every instance read the merged ring at once (SIGHUP or a restart).",
            err=True,
        )


def _same(source: KeySource, writer: RingWriter) -> bool:
    return isinstance(source, RingFile) and RingWriter(source.path).path == writer.path


def _all(keys: KeySet, others: list[KeySet]) -> KeySet:
    after = functools.reduce(merged, others, keys)
    return keys if after == keys else after
