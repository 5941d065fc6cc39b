"""The commands that change a ring: add, rotate, promote, retire, revoke, destroy, set."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from cookie_sessions.cli import audit
from cookie_sessions.cli.defaults import defaults
from cookie_sessions.cli.options import DRY_RUN, FORCE, JSON, KEYS, LABEL
from cookie_sessions.cli.refusal import refuse_for_cost, refuse_if_early, refuse_without_primary
from cookie_sessions.cli.report import named, rotation_due, tell_of_edit
from cookie_sessions.cli.revocations.note import tell_how_to_revoke_now
from cookie_sessions.cli.ring import Edit, change, find, kid_of, named_source
from cookie_sessions.cli.times import moment_from, seconds, seconds_or_none, since_epoch
from cookie_sessions.errors import UsageError
from cookie_sessions.keys import KeyEntry, KeySet, State
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
    """Add a fresh key; it seals after the propagation window."""
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
    """Do what is due, and nothing where nothing is.

    Made to be run daily or hourly. Adds the next key, one propagation window before it is to seal,
    and destroys the keys that are retired. Logs nobody out.
    """

    def step(keys: KeySet, now: int) -> KeySet:
        if keys.rotate_every is None and not out_of_turn:
            raise UsageError(
                "The ring does not say how often it is to be rotated. Let it: cookie-sessions keys "
                "set --rotate-every 90d. Or rotate by hand: cookie-sessions keys rotate --now."
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
@click.option(
    "--from",
    "seals_from",
    type=since_epoch,
    metavar="DATE",
    help="When a pending key begins to seal instead (UTC), sooner or later than planned.",
)
@JSON
@DRY_RUN
@FORCE
def promote(
    *,
    url: str | None,
    key: str,
    seals_from: int | None,
    as_json: bool,
    dry_run: bool,
    force: bool,
) -> None:
    """Have a key seal from now on; KEY is its label or id."""

    def step(keys: KeySet, now: int) -> KeySet:
        entry = find(keys, key)
        if seals_from is not None:
            return _move(keys, entry, now=now, seals_from=seals_from)
        primary = keys.resolve(now).primary
        # The key that seals already would only lose the date from which it does.
        return keys if entry is primary else changes.promote(keys, entry.kid, now=now)

    def check(edit: Edit) -> None:
        entry = find(edit.after, key)
        refuse_for_cost(edit, force=force)
        refuse_if_early(edit, entry.kid, force=force)
        if seals_from is not None:
            refuse_without_primary(edit, at=entry.begins - 1)

    edit = change(named_source(url), step, check=check, dry_run=dry_run)
    nothing = "This key seals already." if seals_from is None else "That is its date already."
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run, nothing=nothing)


@click.command()
@KEYS
@click.argument("key")
@JSON
@DRY_RUN
@FORCE
def retire(*, url: str | None, key: str, as_json: bool, dry_run: bool, force: bool) -> None:
    """Have a key open nothing from now on. KEY is its label or id.

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
@click.argument("names", nargs=-1, required=True, metavar="KEY...")
@click.option("--absent", is_flag=True, help="Revoke ids of keys that the ring does not have.")
@JSON
@DRY_RUN
@FORCE
def revoke(
    *,
    url: str | None,
    names: tuple[str, ...],
    absent: bool,
    as_json: bool,
    dry_run: bool,
    force: bool,
) -> None:
    """End keys and all that they ever sealed. KEY is a label or id.

    For keys that leaked. Also ends the sessions that another key has resealed since. There is no
    way back.
    """

    def step(keys: KeySet, _: int) -> KeySet:
        for name in names:
            if absent:
                keys = changes.revoke_absent(keys, kid_of(name))
            else:
                hint = " A key that was destroyed is revoked by its id with --absent."
                keys = changes.revoke(keys, find(keys, name, hint=hint).kid)
        return keys

    edit = change(
        named_source(url),
        step,
        check=lambda edit: refuse_for_cost(edit, force=force),
        dry_run=dry_run,
    )
    nothing = "The ring has these ids as revoked already."
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run, nothing=nothing)
    if not dry_run:
        tell_how_to_revoke_now(find(edit.after, name).kid for name in names)
    for fault in audit.faults(edit.after, edit.now):
        click.echo(f"Note: {fault}", err=True)


@click.command()
@KEYS
@click.argument("key")
@JSON
@DRY_RUN
@FORCE
def destroy(*, url: str | None, key: str, as_json: bool, dry_run: bool, force: bool) -> None:
    """Take a key's material out of the ring. KEY is its label or id.

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


@click.command("set")
@KEYS
@click.option(
    "--longest-session",
    type=seconds_or_none,
    metavar="DURATION",
    help="How long a session lives after it was last written, or none: no key retires by itself.",
)
@click.option(
    "--rotate-every",
    type=seconds_or_none,
    metavar="DURATION",
    help="How long a key seals before rotate adds the next, or none: by hand.",
)
@click.option(
    "--propagation",
    type=seconds,
    metavar="DURATION",
    help="How long later keys wait before they seal, until every instance has them.",
)
@JSON
@DRY_RUN
@FORCE
def set_lengths(
    *, url: str | None, as_json: bool, dry_run: bool, force: bool, **lengths: int | str | None
) -> None:
    """Change how long sessions live and keys seal or wait."""
    given: dict[str, Any] = {
        name: None if length == "none" else length
        for name, length in lengths.items()
        if length is not None
    }
    if not given:
        raise click.UsageError("Say what to set: --longest-session, --rotate-every, --propagation.")
    # Asked first, so that nothing is changed where they can't be had.
    reload, longest = defaults().reload(), defaults().longest_session()

    def step(keys: KeySet, _: int) -> KeySet:
        after = dataclasses.replace(keys, **given)
        if after.rotate_every is not None and after.rotate_every <= after.propagation:
            raise UsageError('"rotate_every" must be longer than "propagation".')
        return keys if after == keys else after

    def check(edit: Edit) -> None:
        before = edit.before
        if before is not None and before.longest_session is None:
            # Who says it for the first time knows how long the sessions live that there are.
            before = dataclasses.replace(before, longest_session=edit.after.longest_session)
        refuse_for_cost(edit._replace(before=before), force=force)

    edit = change(named_source(url), step, check=check, dry_run=dry_run)
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run, nothing="The ring says so already.")
    for line in audit.warnings(
        edit.after, edit.now, reload=reload, soon=0, longest_session=longest
    ):
        click.echo(f"Note: {line}", err=True)


def _move(keys: KeySet, entry: KeyEntry, *, now: int, seals_from: int) -> KeySet:
    """The ring with another date from which a pending key seals."""
    state = keys.resolve(now).states[entry.kid]
    if state is not State.PENDING:
        raise UsageError(
            f"{named(entry)} is {state}: --from gives a date to pending keys alone. Nothing was "
            f"changed."
        )
    if seals_from < now:
        raise UsageError("The date of --from has passed. Name one to come, or leave it out.")
    if seals_from == entry.seals_from:
        return keys
    return changes.promote(keys, entry.kid, now=now, seals_from=seals_from)
