"""``dictionary inspect``: what is in a file of dictionaries, and what each saves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from cookie_sessions import clock
from cookie_sessions.cli.dictionary.bars import bars
from cookie_sessions.cli.dictionary.options import SAMPLE
from cookie_sessions.cli.dictionary.place import sample_or_none, shelf_path, telling
from cookie_sessions.cli.options import JSON
from cookie_sessions.cli.times import moment_from
from cookie_sessions.dictionaries.sample import Sample, Saving
from cookie_sessions.dictionaries.shelf import Shelf, read_shelf
from cookie_sessions.dictionaries.trained import Trained


@click.command("inspect")
@click.argument("file", required=False)
@SAMPLE
@click.option("--texts", is_flag=True, help="Print each phrase that the training added.")
@JSON
def inspect_dictionaries(
    *, file: str | None, sample: str | None, texts: bool, as_json: bool
) -> None:
    """Show the dictionaries of FILE, and what they save.

    FILE is what dictionary train wrote, or by default the file of the application's dictionaries.
    """
    shelf = read_shelf(shelf_path(file, option="FILE"))
    source = sample_or_none(sample)
    now = clock.now()
    found = [(entry, _savings(source, entry)) for entry in shelf.entries]
    if as_json:
        rows = [_row(shelf, entry, savings, now) for entry, savings in found]
        for row, (entry, _) in zip(rows, found, strict=True):
            if texts:
                row["texts"] = list(map(_shown, entry.texts()))
        click.echo(json.dumps({"dictionaries": rows}, indent=2))
        return
    if not found:
        click.echo("There is no dictionary in it.")
    for place, (entry, savings) in enumerate(found):
        click.echo(("\n" if place else "") + "\n".join(_told(shelf, entry, now)))
        if savings:
            click.echo("\n" + bars(savings))
        elif source is not None:
            click.echo(f"  What it saves is shown once {entry.subjects} values were measured.")
        if texts:
            click.echo("\n" + "\n".join(map(_shown, entry.texts())))


def _savings(source: Sample | None, entry: Trained) -> list[Saving]:
    if source is None:
        return []
    with telling(source):
        return source.savings(entry.name)


def _told(shelf: Shelf, entry: Trained, now: float) -> Iterator[str]:
    yield f"{entry.name.hex()}: {_state(shelf, entry, now)}"
    yield f"  SHA-256   {entry.digest}"
    yield f"  octets    {len(entry.octets):,}, of them {sum(entry.phrases):,} trained"
    yield (
        f"  phrases   {len(entry.phrases):,}, each shared by {entry.subjects} people or more, of "
        f"{entry.sessions:,} writes of sessions"
    )
    yield f"  made      {moment_from(entry.made, now)}"


def _state(shelf: Shelf, entry: Trained, now: float) -> str:
    if entry.installed is None and entry.begins is None and entry.withdrawn is None:
        return "not installed"
    state = shelf.state(entry, now)
    if entry.withdrawn is not None:
        return f"withdrawn, since {moment_from(entry.withdrawn, now)}"
    if state == "readable" and entry.begins is not None:
        return f"readable, written from {moment_from(entry.begins, now)}"
    return state


def _row(shelf: Shelf, entry: Trained, savings: list[Saving], now: float) -> dict[str, Any]:
    return {
        "name": entry.name.hex(),
        "state": _state(shelf, entry, now).partition(",")[0],
        "sha256": entry.digest,
        "octets": len(entry.octets),
        "made": entry.made,
        "sessions": entry.sessions,
        "subjects": entry.subjects,
        "phrases": len(entry.phrases),
        "installed": entry.installed,
        "begins": entry.begins,
        "withdrawn": entry.withdrawn,
        "savings": [saving._asdict() for saving in savings],
    }


def _shown(text: bytes) -> str:
    """A phrase in ASCII, whatever a terminal would make of its octets."""
    return text.decode("latin-1").encode("unicode_escape").decode("ascii")
