"""What the commands say of a ring: a table for people, JSON for machines, never a key."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final

import click

from cookie_sessions.cli.ring import Edit
from cookie_sessions.cli.times import duration, iso, moment_from
from cookie_sessions.keys import KeyEntry, KeySet, State
from cookie_sessions.keys.lifecycle import Resolution

_SETTINGS: Final = ("longest_session", "rotate_every", "propagation")
_HEAD: Final = ("KID", "LABEL", "STATE", "CREATED", "SEALS FROM", "OPENS UNTIL")


def table(keys: KeySet, now: float) -> str:
    """The keys of a ring, in lines of a table.

    Args:
        keys: the ring.
        now: from when the distances count, in seconds since the epoch.
    """
    resolution = keys.resolve(now)
    rows = [_HEAD, *(_row(entry, resolution, now) for entry in keys.entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def facts(keys: KeySet, now: float) -> dict[str, Any]:
    """A ring for machines; docs/keys.md lists the names.

    Args:
        keys: the ring.
        now: of which moment the states are, in seconds since the epoch.
    """
    resolution = keys.resolve(now)
    primary = resolution.primary
    return {
        "generation": keys.generation,
        "primary": None if primary is None else primary.kid.hex(),
        "overdue": resolution.overdue,
        "propagation": keys.propagation,
        "longest_session": keys.longest_session,
        "rotate_every": keys.rotate_every,
        "rotation_due": iso(rotation_due(keys)),
        "keys": [
            {
                "kid": entry.kid.hex(),
                "label": entry.label,
                "state": str(resolution.states[entry.kid]),
                "created": iso(entry.created),
                "seals_from": iso(entry.seals_from),
                "opens_until": iso(resolution.ends.get(entry.kid)),
                "destroyed": entry.key is None,
            }
            for entry in keys.entries
        ],
    }


def rotation_due(keys: KeySet) -> float | None:
    """From when on ``rotate`` adds a key, in seconds since the epoch; None: never by itself."""
    latest = max((entry.begins for entry in keys.entries if entry.may_seal), default=-math.inf)
    if keys.rotate_every is None:
        return None
    return max(0.0, latest + keys.rotate_every - keys.propagation)


def differences(edit: Edit) -> Iterator[str]:
    """What a change changes, a line for each setting and key."""
    after = edit.after.resolve(edit.now)
    before = None if edit.before is None else edit.before.resolve(edit.now)
    for setting in _SETTINGS if edit.before is not None else ():
        was, becomes = (getattr(keys, setting) for keys in (edit.before, edit.after))
        if was != becomes:
            yield f"{setting} becomes {_length(becomes)}, was {_length(was)}"
    for entry in edit.after.entries:
        name = named(entry)
        state = after.states[entry.kid]
        former = None if edit.before is None else edit.before.get(entry.kid)
        if former is None or before is None:
            since = "" if entry.seals_from is None else f", seals from {_when(entry, edit.now)}"
            yield f"{name} is new: {state}{since if entry.may_seal else ''}"
            continue
        if state is not before.states[entry.kid]:
            yield f"{name} becomes {state}, was {before.states[entry.kid]}"
        if former.key is not None and entry.key is None:
            yield f"{name}: its material is destroyed, its id stays {state}"
        if entry.seals_from != former.seals_from and entry.may_seal:
            yield f"{name} seals from {_when(entry, edit.now)}"
        end = after.ends.get(entry.kid, math.inf)
        if end != before.ends.get(entry.kid, math.inf) and state is not State.REVOKED:
            told = "for ever" if math.isinf(end) else f"until {moment_from(end, edit.now)}"
            yield f"{name} opens {told}"
    if edit.before is not None:
        for entry in edit.before.entries:
            if edit.after.get(entry.kid) is None:
                yield f"{named(entry)} is destroyed"


def named(entry: KeyEntry) -> str:
    """How a key is called in sentences."""
    kid = entry.kid.hex()
    return kid if entry.label == kid else f"{kid} ({printable(entry.label)})"


def printable(text: str) -> str:
    """A text from a file without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def tell_of_edit(edit: Edit, *, as_json: bool, dry_run: bool, nothing: str = "") -> None:
    """Say what a command did, or would do.

    Args:
        edit: the change.
        as_json: as one JSON object instead of text.
        dry_run: whether nothing was written.
        nothing: what to say where nothing was to do.
    """
    lines = list(differences(edit)) if edit.changed else []
    if as_json:
        tell_json(
            {"changed": edit.changed and not dry_run, "dry_run": dry_run, "changes": lines},
            edit.after,
            edit.now,
        )
        return
    if dry_run:
        click.echo("Dry run: nothing is written." + (" It would be changed so:" if lines else ""))
    for line in lines or ([nothing] if nothing else []):
        click.echo(line)
    click.echo("\n" + table(edit.after, edit.now))


def tell_json(first: dict[str, Any], keys: KeySet, now: float) -> None:
    """Print one JSON object: what comes first, then the facts of a ring."""
    click.echo(json.dumps({**first, **facts(keys, now)}, indent=2))


def _length(setting: int | None) -> str:
    return "none" if setting is None else duration(setting)


def _row(entry: KeyEntry, resolution: Resolution, now: float) -> tuple[str, ...]:
    kid = entry.kid.hex()
    end = resolution.ends.get(entry.kid, math.inf)
    return (
        kid,
        "-" if entry.label == kid else printable(entry.label),
        str(resolution.states[entry.kid]),
        "-" if entry.created is None else moment_from(entry.created, now),
        _when(entry, now) if entry.may_seal else "-",
        "-" if entry.revoked else "for ever" if math.isinf(end) else moment_from(end, now),
    )


def _when(entry: KeyEntry, now: float) -> str:
    return "always" if entry.seals_from is None else moment_from(entry.seals_from, now)
