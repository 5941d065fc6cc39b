"""``dictionary install``, ``promote`` and ``withdraw``: how dictionaries are rolled out."""

from __future__ import annotations

from typing import Final

import click

from cookie_sessions import clock
from cookie_sessions.cli.defaults import typed
from cookie_sessions.cli.dictionary.options import DICTIONARIES
from cookie_sessions.cli.dictionary.place import change, find, shelf_path
from cookie_sessions.cli.refusal import Refused
from cookie_sessions.cli.times import moment_from, since_epoch
from cookie_sessions.dictionaries.shelf import Shelf, read_shelf
from cookie_sessions.dictionaries.trained import Trained
from cookie_sessions.errors import UsageError

PROPAGATION: Final = 86_400
"""Seconds within which every instance is taken to have started anew with the file."""

_FORCE = click.option(
    "--force", is_flag=True, help="Do it even if some instance may not know the dictionary yet."
)


@click.command()
@click.argument("file")
@DICTIONARIES
@click.option(
    "--from",
    "begins",
    type=since_epoch,
    metavar="DATE",
    help="When instances begin to write with it. By default not before it is promoted.",
)
@_FORCE
def install(*, file: str, dictionaries: str | None, begins: int | None, force: bool) -> None:
    """Put the dictionary of FILE among the application's, to be read."""
    path = shelf_path(dictionaries)
    found = read_shelf(file).entries
    if len(found) != 1:
        raise UsageError(
            f"{file} holds {len(found)} dictionaries, and one is installed at a time. Name what "
            f"{typed('dictionary train')} wrote."
        )
    (trained,) = found

    def step(shelf: Shelf, now: int) -> Shelf:
        there = shelf.get(trained.name)
        if there is not None and there.installed is not None:
            raise UsageError(
                f"{path} has {trained.name.hex()} already. Nothing was changed. To write with it: "
                f"{typed('dictionary promote')} {trained.name.hex()}."
            )
        fresh = trained._replace(
            installed=now, begins=None if begins is None else max(0, begins), withdrawn=None
        )
        _refuse_if_early(fresh, now, force=force)
        return Shelf((*(each for each in shelf.entries if each is not there), fresh))

    change(path, step, makes=True)
    name = trained.name.hex()
    click.echo(f"{name} can be read by each instance that starts with {path} from now on.")
    if begins is None:
        click.echo(
            f"Once every instance has started with it, write with it: "
            f"{typed('dictionary promote')} {name}"
        )
    else:
        click.echo(f"They write with it from {moment_from(begins, int(clock.now()))} on.")


@click.command("promote")
@click.argument("name")
@DICTIONARIES
@_FORCE
def promote_dictionary(*, name: str, dictionaries: str | None, force: bool) -> None:
    """Have each instance that starts from now on write with a dictionary."""
    path = shelf_path(dictionaries)

    def step(shelf: Shelf, now: int) -> Shelf:
        entry = find(shelf, name)
        _refuse_if_early(entry._replace(begins=now), now, force=force)
        installed = now if entry.installed is None else entry.installed
        return _with(shelf, entry, entry._replace(installed=installed, begins=now, withdrawn=None))

    change(path, step)
    click.echo(f"{name.lower()} is written with by each instance that starts from now on.")


@click.command()
@click.argument("name")
@DICTIONARIES
def withdraw(*, name: str, dictionaries: str | None) -> None:
    """Write with a dictionary no more, and pack anew what it wrote."""
    path = shelf_path(dictionaries)

    def step(shelf: Shelf, now: int) -> Shelf:
        entry = find(shelf, name)
        since = now if entry.withdrawn is None else entry.withdrawn
        return _with(shelf, entry, entry._replace(withdrawn=since))

    change(path, step)
    click.echo(
        f"{name.lower()} is withdrawn in each instance that starts from now on: it can still be "
        f"read, and what it wrote is packed anew as sessions are written or refreshed. Leave it in "
        f"the file for as long as a session lives."
    )


def _with(shelf: Shelf, entry: Trained, other: Trained) -> Shelf:
    return Shelf(tuple(other if each is entry else each for each in shelf.entries))


def _refuse_if_early(entry: Trained, now: int, *, force: bool) -> None:
    if entry.installed is None and not force:
        raise Refused(
            f"{entry.name.hex()} was never installed in this file, so nobody knows since when "
            f"instances have it. Nothing was changed. Put it there with dictionary install, or add "
            f"--force."
        )
    installed = now if entry.installed is None else entry.installed
    if force or entry.begins is None or entry.begins >= installed + PROPAGATION:
        return
    known = installed + PROPAGATION
    raise Refused(
        f"Until {moment_from(known, now)} there may be instances that do not have "
        f"{entry.name.hex()} yet, and values written with it would be absent there. Nothing was "
        f"changed. Wait until then, or add --force."
    )
