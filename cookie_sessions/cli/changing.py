"""The commands that change the keys of a ring: add, rotate, promote, retire, revoke, destroy."""

from __future__ import annotations

import click

from cookie_sessions.cli import audit
from cookie_sessions.cli.options import DRY_RUN, FORCE, JSON, KEYS, LABEL
from cookie_sessions.cli.refusal import refuse_for_cost, refuse_if_early, refuse_without_primary
from cookie_sessions.cli.report import named, rotation_due, tell_of_edit
from cookie_sessions.cli.ring import Edit, change, find, named_source
from cookie_sessions.cli.times import moment_from, since_epoch
from cookie_sessions.errors import UsageError
from cookie_sessions.keys import KeySet, State
from cookie_sessions.keys import change as changes


@click.command()
@KEYS
@LABEL
@click.option(
    "--from", "seals_from", type=since_epoch, metavar="DATE", help="When it begins to seal (UTC)."
)
@click.option("--now", "at_once", is_flag=True, help="It seals at once; for a ring that can't.")
@JSON
@DRY_RUN
@FORCE
def add(
    *,
    url: str | None,
    label: str,
    seals_from: int | None,
    at_once: bool,
    as_json: bool,
    dry_run: bool,
    force: bool,
) -> None:
    """Add a fresh key, which seals when the propagation window has passed."""
    if at_once and seals_from is not None:
        raise click.UsageError("Give --now or --from, not both.")

    def step(keys: KeySet, now: int) -> KeySet:
        if seals_from is not None and seals_from < now:
            raise UsageError("The date of --from has passed. Name one to come, or use --now.")
        return changes.add(keys, now=now, seals_from=now if at_once else seals_from, label=label)

    def check(edit: Edit) -> None:
        refuse_for_cost(edit, force=force)
        refuse_if_early(edit, edit.after.entries[-1].kid, force=force or at_once)

    edit = change(named_source(url), step, check=check, dry_run=dry_run)
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run)
    if at_once and edit.before is not None and not list(audit.faults(edit.before, edit.now)):
        click.echo(
            "Note: instances that do not have this ring yet can't open what the key seals. Have "
            "all of them read it now (SIGHUP or a restart).",
            err=True,
        )


@click.command()
@KEYS
@click.option("--now", "out_of_turn", is_flag=True, help="Rotate though it is not due.")
@JSON
@DRY_RUN
def rotate(*, url: str | None, out_of_turn: bool, as_json: bool, dry_run: bool) -> None:
    """Do what is due, and nothing where nothing is; made to be run daily or hourly.

    Adds the next key, one propagation window before it is to seal, and destroys the keys that are
    retired. Logs nobody out.
    """

    def step(keys: KeySet, now: int) -> KeySet:
        if keys.rotate_every is None and not out_of_turn:
            raise UsageError(
                "The ring does not say how often it is to be rotated. Put "
                '"rotate_every": 7776000 (90 days, in seconds) beside its "keys", or rotate by '
                "hand: cookie-sessions keys rotate --now."
            )
        after = changes.rotate(keys, now=now)
        pending = State.PENDING in after.resolve(now).states.values()
        return changes.add(after, now=now) if out_of_turn and not pending else after

    edit = change(
        named_source(url),
        step,
        check=lambda edit: refuse_for_cost(edit, force=False),
        dry_run=dry_run,
    )
    due = rotation_due(edit.after)
    coming = [
        entry
        for entry in edit.after.entries
        if edit.after.resolve(edit.now).states[entry.kid] is State.PENDING
    ]
    nothing = "Nothing is due."
    if coming:
        begins = moment_from(coming[0].begins, edit.now)
        nothing += f" {named(coming[0])} is on its way, and seals from {begins}."
    if due is not None:
        nothing += f" The next key is due {moment_from(due, edit.now)}."
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run, nothing=nothing)


@click.command()
@KEYS
@click.argument("key")
@JSON
@DRY_RUN
@FORCE
def promote(*, url: str | None, key: str, as_json: bool, dry_run: bool, force: bool) -> None:
    """Have a key seal from now on; KEY is its label or id."""

    def step(keys: KeySet, now: int) -> KeySet:
        entry = find(keys, key)
        primary = keys.resolve(now).primary
        # The key that seals already would only lose the date from which it does.
        return keys if entry is primary else changes.promote(keys, entry.kid, now=now)

    def check(edit: Edit) -> None:
        refuse_for_cost(edit, force=force)
        refuse_if_early(edit, find(edit.after, key).kid, force=force)

    edit = change(named_source(url), step, check=check, dry_run=dry_run)
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run, nothing="This key seals already.")


@click.command()
@KEYS
@click.argument("key")
@JSON
@DRY_RUN
@FORCE
def retire(*, url: str | None, key: str, as_json: bool, dry_run: bool, force: bool) -> None:
    """Have a key open nothing from now on; KEY is its label or id.

    What it sealed and another key resealed since goes on: see revoke.
    """

    def check(edit: Edit) -> None:
        refuse_without_primary(edit)
        refuse_for_cost(edit, force=force)

    edit = change(
        named_source(url),
        lambda keys, now: changes.retire(keys, find(keys, key).kid, now=now),
        check=check,
        dry_run=dry_run,
    )
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run)


@click.command()
@KEYS
@click.argument("key")
@JSON
@DRY_RUN
@FORCE
def revoke(*, url: str | None, key: str, as_json: bool, dry_run: bool, force: bool) -> None:
    """End a key and all that it ever sealed, for one that leaked; KEY is its label or id.

    Also ends the sessions that another key has resealed since. There is no way back.
    """
    edit = change(
        named_source(url),
        lambda keys, _: changes.revoke(keys, find(keys, key).kid),
        check=lambda edit: refuse_for_cost(edit, force=force),
        dry_run=dry_run,
    )
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run)
    for fault in audit.faults(edit.after, edit.now):
        click.echo(f"Note: {fault}", err=True)


@click.command()
@KEYS
@click.argument("key")
@JSON
@DRY_RUN
@FORCE
def destroy(*, url: str | None, key: str, as_json: bool, dry_run: bool, force: bool) -> None:
    """Take a key's material out of the ring; KEY is its label or id.

    A revoked key's id stays, so that it stays revoked.
    """

    def check(edit: Edit) -> None:
        refuse_without_primary(edit)
        refuse_for_cost(edit, force=force)

    edit = change(
        named_source(url),
        lambda keys, _: changes.destroy(keys, find(keys, key).kid),
        check=check,
        dry_run=dry_run,
    )
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run)
